//! MLS members on OpenMLS, worked by one JSON object a line on standard input; one comes back for each:
//! `{"op": "send", "name": "bob", "plaintext": "6869"}` → `{"ok": {"message": "0001…"}}` or `{"error": "…"}`.
//! Byte strings are hex. It ends when its input does.

mod measure;
mod member;

use std::collections::HashMap;
use std::io::{stdin, stdout, BufRead, Write};

use member::{text, Committed, Member, Outcome};
use serde_json::{json, Value};

fn string<'a>(request: &'a Value, field: &str) -> Outcome<&'a str> {
    request[field]
        .as_str()
        .ok_or_else(|| format!("{field} is missing"))
}

fn bytes(request: &Value, field: &str) -> Outcome<Vec<u8>> {
    hex::decode(string(request, field)?).map_err(text)
}

fn message(bytes: Vec<u8>) -> Value {
    json!({"message": hex::encode(bytes)})
}

fn committed(made: Committed) -> Value {
    json!({"commit": hex::encode(made.commit), "welcome": made.welcome.map(hex::encode)})
}

fn answer(members: &mut HashMap<String, Member>, request: &Value) -> Outcome<Value> {
    let op = string(request, "op")?;
    if op == "measure" {
        let number = |field: &str| {
            request[field]
                .as_u64()
                .ok_or_else(|| format!("{field} is missing"))
        };
        return measure::measure(string(request, "what")?, number("size")?, number("millis")?);
    }
    let name = string(request, "name")?;
    if op == "new" {
        let member = Member::new()?;
        let identity = member.identity();
        members.insert(name.into(), member);
        return Ok(json!({"identity": identity}));
    }
    let member = members.get_mut(name).ok_or("nobody has that name")?;
    let done = |()| json!({});
    match op {
        "keyPackage" => member.key_package().map(message),
        "createGroup" => member.create_group(&bytes(request, "groupId")?).map(done),
        "join" => member.join(&bytes(request, "welcome")?).map(done),
        "add" => member.add(&[bytes(request, "keyPackage")?]).map(committed),
        "remove" => member.remove(string(request, "identity")?).map(committed),
        "update" => member.update().map(committed),
        "proposeUpdate" => member.propose_update().map(message),
        "leave" => member.leave().map(message),
        "merge" => member.merge().map(done),
        "send" => member.send(&bytes(request, "plaintext")?).map(message),
        "receive" => member.receive(&bytes(request, "message")?),
        "info" => member.info(),
        other => Err(format!("no such op: {other}")),
    }
}

fn main() -> Outcome<()> {
    let mut members = HashMap::new();
    for line in stdin().lock().lines() {
        let request = serde_json::from_str(&line.map_err(text)?).map_err(text);
        let reply = match request.and_then(|request: Value| answer(&mut members, &request)) {
            Ok(ok) => json!({"ok": ok}),
            Err(error) => json!({"error": error}),
        };
        writeln!(stdout(), "{reply}").map_err(text)?;
    }
    Ok(())
}
