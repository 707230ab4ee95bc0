/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';
import { toHtml } from '../src/report/html.ts';
import type { Status } from '../src/result.ts';
import { HOSTILE, sampleReport } from './sample-report.ts';

// The HTML report in a real Chromium. Without one the test is skipped, but never in CI. SCREENSHOTS=DIR keeps pictures.

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];
const isThere = existsSync(CHROMIUM);
const skip =
  isThere || process.env.CI === 'true' ? false : `no Chromium at ${CHROMIUM} (Debian: apt-get install chromium)`;

const directory = mkdtempSync(join(tmpdir(), 'html-report-'));
const TROUBLES = ['failed', 'warned', 'skipped', 'known', 'flaky', 'broken'] as const satisfies readonly Status[];
/** Every status there is; most passed. */
const status = (n: number): Status =>
  n % 20 === 3 ? (TROUBLES[Math.floor(n / 20) % TROUBLES.length] as Status) : 'passed';
const report = sampleReport({ scenarios: 1_000, status, text: HOSTILE, label: `a server ${HOSTILE}` });
const file = join(directory, 'report.html');
let context: BrowserContext;
/** Whatever the page asked for, beside itself. */
const requests: string[] = [];

before(async () => {
  if (skip !== false) return;
  assert.ok(isThere, `CI needs a Chromium at ${CHROMIUM}: apt-get install chromium`);
  writeFileSync(file, toHtml(report));
  context = await chromium.launchPersistentContext(join(directory, 'profile'), {
    executablePath: CHROMIUM,
    args: FLAGS,
  });
});
after(async () => {
  await context?.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Opens the report. Nothing but the file itself may be asked for, and nothing may go wrong in it. */
async function open(width = 1_280, colorScheme: 'light' | 'dark' = 'light'): Promise<Page> {
  const page = await context.newPage();
  page.on('request', (request) => requests.push(request.url()));
  page.on('pageerror', (error) => assert.fail(error));
  page.on('console', (message) => assert.notEqual(message.type(), 'error', message.text()));
  await page.setViewportSize({ width, height: width < 500 ? 844 : 900 });
  await page.emulateMedia({ colorScheme });
  await page.goto(pathToFileURL(file).href);
  return page;
}

/** The TypeScript loader has every function call `__name`, which the page has not. */
const inPage = <T>(page: Page, run: () => T): Promise<T> =>
  page.evaluate(`(() => { const __name = (named) => named; return (${run})(); })()`);

const visible = (page: Page, selector: string): Promise<number> => page.locator(`${selector}:visible`).count();
const textOf = async (locator: Locator): Promise<string> => (await locator.textContent()) ?? '';
const countText = (page: Page): Promise<string> => textOf(page.locator('#count'));

test('filter by text, area, status and profile, and reset', { skip }, async () => {
  const page = await open();
  const total = report.ledger.requirements.length;
  assert.equal(await visible(page, '.requirement'), total);
  assert.equal(await countText(page), `${total} of ${total} requirements, 1000 scenarios`);
  await page.locator('select[name=area]').selectOption('DS');
  const ofArea = report.ledger.requirements.filter(({ area }) => area === 'DS').length;
  assert.equal(await visible(page, '.requirement'), ofArea);
  await page.locator('select[name=status]').selectOption('failed');
  const failedOfArea = report.ledger.requirements.filter(({ area, outcome }) => area === 'DS' && outcome === 'failed');
  assert.ok(failedOfArea.length > 0);
  assert.equal(await visible(page, '.requirement'), failedOfArea.length);
  await page.getByRole('button', { name: 'Reset' }).click();
  await page.waitForFunction((all) => document.querySelectorAll('.requirement:not([hidden])').length === all, total);
  await page.locator('select[name=profile]').selectOption('channels');
  const ofProfile = report.ledger.requirements.filter(({ profile }) => profile === 'channels').length;
  assert.equal(await visible(page, '.requirement'), ofProfile);
  await page.getByRole('button', { name: 'Reset' }).click();
  await page.getByRole('searchbox').fill('scenario 17 ');
  await page.waitForFunction(() => document.getElementById('count')?.textContent?.includes(' 1 scenarios') === false);
  await page.getByRole('searchbox').fill('fetch removes');
  assert.match(await countText(page), /^1 of /);
  await page.getByRole('searchbox').fill('no such thing anywhere');
  assert.match(await countText(page), /^0 of \d+ requirements, 0 scenarios$/);
  await page.close();
});

test('the outcomes of each area add up to its requirements', { skip }, async () => {
  const page = await open();
  const rows = await page
    .locator('.areas tbody tr')
    .evaluateAll((all) =>
      all.map((row) => [...row.querySelectorAll('td')].map(({ textContent }) => Number(textContent))),
    );
  assert.ok(rows.length > 10);
  for (const [all, ...outcomes] of rows)
    assert.equal(
      outcomes.reduce((sum, count) => sum + count, 0),
      all,
    );
  await page.close();
});

test('a failure from the list on top: calls, annotated hex with what was expected, the command', { skip }, async () => {
  const page = await open();
  await page.locator('.failures a').first().click();
  const failure = page.locator('details.failure[open]');
  await failure.waitFor({ state: 'visible' });
  assert.equal(await failure.count(), 1);
  assert.equal(await failure.locator('.calls tbody tr').count(), 6);
  await failure.locator('.frame summary').last().click();
  const wrong = failure.locator('.hex tr.wrong:visible');
  assert.equal(await textOf(wrong.locator('td').last()), 'E004');
  assert.match(await textOf(wrong.locator('td').nth(1)), /^([0-9a-f]{2} ){7}[0-9a-f]{2}$/);
  assert.match(await textOf(failure.locator('pre').last()), /--scenario features\//);
  assert.ok(!(await page.title()).startsWith('owned'));
  await page.close();
});

test('by keyboard alone: skip link, /, a failure opened with Enter, focus always to be seen', { skip }, async () => {
  const page = await open();
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Skip to the requirements');
  await page.keyboard.press('Tab');
  assert.ok(await page.evaluate(() => document.activeElement?.matches('.failures a')));
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement as Element).outlineStyle);
  assert.notEqual(outline, 'none');
  await page.keyboard.press('Enter');
  await page.waitForSelector('details.failure[open]');
  assert.ok(await page.evaluate(() => document.activeElement?.matches('.failure > summary')));
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('details.failure[open]').count(), 0);
  await page.keyboard.press('/');
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('name')), 'text');
  await page.keyboard.type('AUTH-001');
  assert.match(await countText(page), /^1 of /);
  await page.close();
});

test('for a screen reader: language, landmarks, names for every control, headings in order, status said aloud', {
  skip,
}, async () => {
  const page = await open();
  const found = await inPage(page, () => {
    const all = (selector: string): Element[] => [...document.querySelectorAll(selector)];
    const levels = all('h1, h2, h3, h4').map(({ localName }) => Number(localName[1]));
    const ids = all('[id]').map(({ id }) => id);
    return {
      lang: document.documentElement.lang,
      landmarks: ['header', 'main', 'footer', '[role=search]'].map((selector) => all(selector).length),
      nameless: all('input, select, button').filter((element) => {
        const { labels } = element as HTMLInputElement;
        return !labels?.[0]?.textContent && !element.textContent?.trim();
      }).length,
      live: document.getElementById('count')?.getAttribute('role'),
      jumps: levels.filter((level, i) => level > (levels[i - 1] ?? 0) + 1).length,
      twice: ids.filter((id, i) => ids.indexOf(id) < i),
      headless: all('th').filter((cell) => !cell.hasAttribute('scope')).length,
      unnamed: all('li[data-status] > b').filter(
        ({ textContent }) => !/passed|failed|warned|skipped|known|flaky|broken/.test(textContent ?? ''),
      ).length,
    };
  });
  assert.deepEqual(found, {
    lang: 'en',
    landmarks: [1, 1, 1, 1],
    nameless: 0,
    live: 'status',
    jumps: 0,
    twice: [],
    headless: 0,
    unnamed: 0,
  });
  await page.close();
});

/** Contrast of text with what is behind it (WCAG 2.2, 1.4.3), least of some places. */
function leastContrast(): { ratio: number; at: string } {
  const luminance = (color: string): number => {
    const [r = 0, g = 0, b = 0] = (color.match(/[\d.]+/g) ?? []).slice(0, 3).map((part) => {
      const value = Number(part) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element: Element): string => {
    for (let at: Element | null = element; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (color !== 'rgba(0, 0, 0, 0)') return color;
    }
    return 'rgb(255, 255, 255)';
  };
  let least = { ratio: 21, at: '' };
  for (const element of document.querySelectorAll(
    'h1, h2, h3, p, a, dt, dd, th, td, b, strong, code, pre, span, label, button, input',
  )) {
    if (element.getClientRects().length === 0) continue;
    const [a, b] = [luminance(getComputedStyle(element).color), luminance(behind(element))].sort((x, y) => y - x) as [
      number,
      number,
    ];
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < least.ratio) least = { ratio, at: element.outerHTML.slice(0, 80) };
  }
  return least;
}

for (const scheme of ['light', 'dark'] as const) {
  for (const width of [1_280, 390]) {
    test(`${scheme}, ${width} px: nothing wider than the screen, text that can be read`, { skip }, async () => {
      const page = await open(width, scheme);
      const pictures = process.env.SCREENSHOTS;
      if (pictures) mkdirSync(pictures, { recursive: true });
      const picture = async (name: string): Promise<void> => {
        if (pictures) await page.screenshot({ path: join(pictures, `${scheme}-${width}-${name}.png`) });
      };
      await picture('top');
      await page.locator('.areas').scrollIntoViewIfNeeded();
      await picture('areas');
      await page.locator('.failures a').first().click();
      await page.locator('details.failure[open] .frame summary').last().click();
      await picture('failure');
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width);
      const { ratio, at } = await inPage(page, leastContrast);
      assert.ok(ratio >= 4.5, `contrast ${ratio.toFixed(2)} at ${at}`);
      const isDark = await page.evaluate(
        () => getComputedStyle(document.body).backgroundColor !== 'rgb(255, 255, 255)',
      );
      assert.equal(isDark, scheme === 'dark');
      await page.close();
    });
  }
}

test('the page asked for nothing but itself', { skip }, () => {
  assert.ok(requests.length > 0);
  assert.deepEqual([...new Set(requests.map((url) => url.split('#')[0]))], [pathToFileURL(file).href]);
});
