//! What bench/mls.ts compares with.

use std::time::{Duration, Instant};

use serde_json::{json, Value};

use crate::member::{Member, Outcome};

const PLAINTEXT: [u8; 256] = [7; 256];

/// Runs a task over and over, timing what it returns. Gives runs per second.
fn rate(time: Duration, mut task: impl FnMut() -> Outcome<Duration>) -> Outcome<f64> {
    let (mut spent, mut runs) = (Duration::ZERO, 0u32);
    let end = Instant::now() + time;
    while Instant::now() < end {
        spent += task()?;
        runs += 1;
    }
    Ok(f64::from(runs) / spent.as_secs_f64())
}

/// A group of `size` whose creator is returned, with the last one who joined.
fn group(size: u64) -> Outcome<(Member, Member)> {
    let (mut creator, mut last) = (Member::new()?, Member::new()?);
    creator.create_group(b"measured")?;
    let others: Vec<Member> = (2..size).map(|_| Member::new()).collect::<Outcome<_>>()?;
    let mut packages: Vec<Vec<u8>> = others
        .iter()
        .map(Member::key_package)
        .collect::<Outcome<_>>()?;
    packages.push(last.key_package()?);
    let made = creator.add(&packages)?;
    creator.merge()?;
    last.join(&made.welcome.ok_or("no Welcome")?)?;
    Ok((creator, last))
}

/// `keyPackages`, `add` (to a group of `size`, and removed again outside the clock), `encrypt`, `decrypt`.
pub fn measure(what: &str, size: u64, millis: u64) -> Outcome<Value> {
    let time = Duration::from_millis(millis);
    let (mut creator, mut last) = group(size)?;
    let timed = |start: Instant| start.elapsed();
    let per_second = match what {
        "keyPackages" => rate(time, || {
            let start = Instant::now();
            creator.key_package()?;
            Ok(timed(start))
        })?,
        "add" => rate(time, || {
            let joining = Member::new()?;
            let package = joining.key_package()?;
            let start = Instant::now();
            creator.add(&[package])?;
            creator.merge()?;
            let spent = timed(start);
            creator.remove(&joining.identity())?;
            creator.merge()?;
            Ok(spent)
        })?,
        "encrypt" => rate(time, || {
            let start = Instant::now();
            creator.send(&PLAINTEXT)?;
            Ok(timed(start))
        })?,
        "decrypt" => rate(time, || {
            let message = creator.send(&PLAINTEXT)?;
            let start = Instant::now();
            last.receive(&message)?;
            Ok(timed(start))
        })?,
        other => return Err(format!("nothing known about {other}")),
    };
    Ok(json!({"perSecond": per_second}))
}
