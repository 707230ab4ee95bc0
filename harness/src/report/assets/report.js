// Filters the report in the page that it is in. No library, no network; the report is readable without it.
const form = document.getElementById('filter');
const count = document.getElementById('count');
const requirements = [...document.querySelectorAll('.requirement')].map((element) => ({
  element,
  area: element.dataset.area,
  status: element.dataset.status,
  profiles: element.dataset.profiles.split(' '),
  text: [...element.querySelectorAll('h3, .sentence, .small')]
    .map((part) => part.textContent)
    .join(' ')
    .toLowerCase(),
  scenarios: [...element.querySelectorAll('.scenarios > li')].map((row) => ({
    row,
    status: row.dataset.status,
    text: row.textContent.toLowerCase(),
  })),
}));

/** Shows what matches all of the filter, and says how much that is. */
function apply() {
  const { text, area, status, profile } = Object.fromEntries(new FormData(form));
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const has = (where) => words.every((word) => where.includes(word));
  let shown = 0;
  let rows = 0;
  for (const requirement of requirements) {
    const isWhole = has(requirement.text);
    let matching = 0;
    for (const { row, status: rowStatus, text: rowText } of requirement.scenarios) {
      row.hidden = !((isWhole || has(`${requirement.text} ${rowText}`)) && (status === '' || status === rowStatus));
      if (!row.hidden) matching += 1;
    }
    const isListed =
      (area === '' || area === requirement.area) &&
      (profile === '' || requirement.profiles.includes(profile)) &&
      (matching > 0 || (isWhole && (status === '' || status === requirement.status)));
    requirement.element.hidden = !isListed;
    if (isListed) {
      shown += 1;
      rows += matching;
    }
  }
  for (const section of document.querySelectorAll('section.area'))
    section.hidden = !section.querySelector('.requirement:not([hidden])');
  count.textContent = `${shown} of ${requirements.length} requirements, ${rows} scenarios`;
}

/** Opens whatever hides the place that a link leads to. */
function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  if (target.closest('[hidden]')) {
    form.reset();
    apply();
  }
  for (let element = target; element; element = element.parentElement)
    if (element.localName === 'details') element.open = true;
  const failure = target.querySelector(':scope > .failure');
  if (failure) failure.open = true;
  target.scrollIntoView();
  (failure ?? target).querySelector('summary')?.focus();
}

form.hidden = false;
form.addEventListener('input', apply);
form.addEventListener('submit', (event) => event.preventDefault());
form.addEventListener('reset', () => setTimeout(apply));
document.getElementById('open').addEventListener('click', () => {
  const listed = document.querySelectorAll('.requirement:not([hidden])');
  const isAnyClosed = [...listed].some((element) => !element.open);
  for (const element of listed) element.open = isAnyClosed;
});
addEventListener('hashchange', reveal);
addEventListener('keydown', (event) => {
  const isTyping = /^(?:input|select|textarea)$/.test(event.target.localName ?? '');
  if (event.key === '/' && !isTyping && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    form.elements.text.focus();
  }
});
apply();
reveal();
