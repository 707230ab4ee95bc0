let edits = [];

export function initialize(data) {
  edits = data;
}

export async function load(url, context, nextLoad) {
  const loaded = await nextLoad(url, context);
  const own = edits.filter((edit) => edit.url === url.split('?')[0]);
  if (own.length === 0 || loaded.source === undefined || loaded.source === null) return loaded;
  let source = typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source);
  for (const { find, replace } of own) source = source.replace(find, () => replace);
  return { ...loaded, source };
}
