import type { ReportedFrame } from '../frames/reported.ts';
import type { ReportedScenario } from './json.ts';
import { html, type Markup, NONE } from './markup.ts';

/** How much of a failure is shown: what there is room for. */
const DETAILS = ['none', 'brief', 'calls', 'frames'] as const;
export type Detail = (typeof DETAILS)[number];

const SHOWN_FRAMES = 14;
const ARROW = { sent: '→', received: '←', note: '·' } as const;
const WORD = { sent: 'sent', received: 'received', note: 'note' } as const;
const cut = (text: string, length: number): string => (text.length <= length ? text : `${text.slice(0, length)}…`);

/** What went wrong in a scenario: the step, the reason, the calls as a timeline, the frames, the command to run it again. */
export function failureOf(scenario: ReportedScenario, detail: Detail): Markup {
  const { failure, reason, again } = scenario;
  if (detail === 'none') return html` <i>(details: JSON report)</i>`;
  const message = failure?.message ?? reason ?? '';
  if (detail === 'brief') return html`<p class="small">${cut(message, 120)} <i>(details: JSON report)</i></p>`;
  const step = failure ? html`<p class="small">at the step “${cut(failure.step, 300)}”</p>` : NONE;
  const title = cut(message.split('\n')[0] ?? '', 300);
  const text = title === message ? NONE : html`<pre>${message}</pre>`;
  const command = again === undefined ? NONE : html`<h4>Run it again</h4><pre>${again}</pre>`;
  return html`<details class="failure"><summary>${title}</summary>${step}
${text}${calls(scenario)}${detail === 'frames' ? frames(scenario) : leftOut(scenario)}${command}</details>`;
}

const leftOut = ({ frames: list = [] }: ReportedScenario): Markup =>
  list.length === 0
    ? NONE
    : html`<p class="small">There was no room for the ${list.length} frames: see the JSON report.</p>`;

function calls({ exchange = [] }: ReportedScenario): Markup {
  if (exchange.length === 0) return NONE;
  const rows = exchange.map(
    ({ atMs, who, kind, text }) =>
      html`<tr><td>${atMs} ms<td>${who} <span aria-label="${WORD[kind]}">${ARROW[kind]}</span><td>${text}`,
  );
  return html`<h4>Calls</h4><div class="scroll"><table class="calls"><thead><tr><th scope="col">at<th scope="col">who<th scope="col">what<tbody>${rows}</table></div>`;
}

/** The frames that say what was expected, and the last ones. */
function frames({ frames: list = [] }: ReportedScenario): Markup {
  if (list.length === 0) return NONE;
  const shown = list.filter((frame, i) => i >= list.length - SHOWN_FRAMES || isWrong(frame));
  const more = list.length - shown.length;
  const before = more === 0 ? NONE : html`<p class="small">${more} earlier ones are in the JSON report.</p>`;
  return html`<h4>Frames</h4>${before}${shown.map(frame)}`;
}

const isWrong = ({ fields }: ReportedFrame): boolean => fields.some(({ expected }) => expected !== undefined);

function frame(of: ReportedFrame): Markup {
  const { atMs, session, direction, summary, bytes, fields, hex } = of;
  const mark = isWrong(of) ? html` <b class="status failed">not as expected</b>` : NONE;
  const title = html`${atMs} ms ${session} <span aria-label="${WORD[direction]}">${ARROW[direction]}</span> ${summary}`;
  if (bytes === 0) return html`<p class="small">${title}</p>`;
  // Where pointers lead matters only where one of them leads astray.
  const rows = fields.filter(({ name, expected }) => isWrong(of) || expected !== undefined || !name.endsWith('→'));
  const body = rows.length === 0 ? html`<pre>${bytesAt(hex, 0, 64)}</pre>` : hexTable(rows, hex);
  return html`<details class="frame"><summary>${title} <span class="small">${bytes} bytes</span>${mark}</summary>${body}</details>`;
}

function hexTable(fields: ReportedFrame['fields'], hex: string): Markup {
  const isAnyWrong = fields.some(({ expected }) => expected !== undefined);
  const rows = fields.map(
    ({ offset, length, name, value, expected }) =>
      html`<tr${expected === undefined ? NONE : html` class="wrong"`}><td>${offset}<td>${bytesAt(hex, offset, length)}<td>${name}<td>${value}${isAnyWrong ? html`<td>${expected ?? ''}` : NONE}`,
  );
  const last = isAnyWrong ? html`<th scope="col">expected` : NONE;
  return html`<div class="scroll"><table class="hex"><thead><tr><th scope="col">offset<th scope="col">bytes<th scope="col">field<th scope="col">value${last}<tbody>${rows}</table></div>`;
}

const SHOWN_BYTES = 16;

/** `00 01 …`, of what was kept. */
function bytesAt(hex: string, offset: number, length: number): string {
  const pairs = hex.slice(offset * 2, (offset + Math.min(length, Math.max(SHOWN_BYTES, 0))) * 2).match(/../g) ?? [];
  return `${pairs.join(' ')}${length > pairs.length ? ' …' : ''}`;
}
