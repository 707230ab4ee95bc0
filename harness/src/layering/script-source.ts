import { builtinModules } from 'node:module';
import ts from 'typescript';

/** Something that a script says: a module with a name of it, a global, or a word; see `Use` for the form. */
export interface Said {
  what: string;
  line: number;
}

/** What needs no import, and is asked about. */
const GLOBALS = new Set([
  ...['fetch', 'WebSocket', 'XMLHttpRequest', 'EventSource', 'crypto', 'Promise', 'process'],
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'],
]);
const GLOBAL_OBJECTS = new Set(['globalThis', 'global', 'window', 'self']);
const BUILTIN = new Set(builtinModules);

/** `fs` and `node:fs` are the same. */
const canonical = (module: string): string => (BUILTIN.has(module) ? `node:${module}` : module);

/** Reads a script, JavaScript or TypeScript: what it imports, also as types only, and what else the rules ask about. */
export function readScript(fileName: string, text: string): Said[] {
  const source = ts.createSourceFile(fileName, text, ts.ScriptTarget.Latest, false);
  const said: Said[] = [];
  /** Local names that stand for a whole module. */
  const wholes = new Map<string, string>();
  const declared = new Set<string>();
  /** Calls that load a module into names. */
  const bound = new Set<ts.Node>();
  const lineOf = (node: ts.Node): number => source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
  const say = (what: string, node: ts.Node): void => void said.push({ what, line: lineOf(node) });
  const sayModule = (specifier: ts.Node | undefined, names: readonly string[], node: ts.Node): void => {
    if (!specifier || !ts.isStringLiteralLike(specifier)) return;
    for (const name of names.length === 0 ? [''] : names) say(`${canonical(specifier.text)}#${name}`, node);
  };

  const collect = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) collectImport(node);
    else if (ts.isVariableDeclaration(node)) collectVariable(node);
    if (isDeclaration(node) && node.name && ts.isIdentifier(node.name)) declared.add(node.name.text);
    ts.forEachChild(node, collect);
  };
  const collectImport = ({ importClause, moduleSpecifier }: ts.ImportDeclaration): void => {
    const module = (moduleSpecifier as ts.StringLiteral).text;
    const bindings = importClause?.namedBindings;
    if (importClause?.name) wholes.set(importClause.name.text, canonical(module));
    if (bindings && ts.isNamespaceImport(bindings)) wholes.set(bindings.name.text, canonical(module));
    if (bindings && ts.isNamedImports(bindings)) for (const { name } of bindings.elements) declared.add(name.text);
  };
  /** `const net = require('net')`, `const { connect } = await import('net')`. */
  const collectVariable = ({ name, initializer }: ts.VariableDeclaration): void => {
    const call = initializer && ts.isAwaitExpression(initializer) ? initializer.expression : initializer;
    const specifier = call && ts.isCallExpression(call) && isLoading(call.expression) ? call.arguments[0] : undefined;
    if (!call || !specifier || !ts.isStringLiteralLike(specifier)) return;
    bound.add(call);
    if (ts.isIdentifier(name)) wholes.set(name.text, canonical(specifier.text));
    const names = ts.isObjectBindingPattern(name)
      ? name.elements.map((element) => (element.propertyName ?? element.name).getText(source))
      : [''];
    sayModule(specifier, names, call);
  };
  collect(source);
  for (const name of wholes.keys()) declared.add(name);

  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      sayModule(node.moduleSpecifier, namesOf(node.importClause), node);
      return;
    }
    if (ts.isExportDeclaration(node)) {
      const { exportClause } = node;
      const names = exportClause && ts.isNamedExports(exportClause) ? exportClause.elements.map(originalName) : ['*'];
      sayModule(node.moduleSpecifier, names, node);
      return;
    }
    if (ts.isExternalModuleReference(node)) sayModule(node.expression, ['*'], node);
    else if (ts.isImportTypeNode(node)) {
      const name = node.qualifier ? node.qualifier.getText(source) : '*';
      if (ts.isLiteralTypeNode(node.argument)) sayModule(node.argument.literal, [name], node);
    } else if (ts.isCallExpression(node) && isLoading(node.expression) && !bound.has(node))
      sayModule(node.arguments[0], ['*'], node);
    else if (ts.isPropertyAccessExpression(node)) {
      visitMember(node);
      return;
    } else if (ts.isIdentifier(node)) {
      const whole = wholes.get(node.text);
      if (whole === undefined) sayGlobal(node.text, '', node);
      else say(`${whole}#*`, node);
    }
    if (ts.isAwaitExpression(node) || (ts.isForOfStatement(node) && node.awaitModifier)) say('syntax:await', node);
    if (node.kind === ts.SyntaxKind.AsyncKeyword) say('syntax:async', node);
    visitChildren(node);
  };
  /** Names that are no references are passed over: of properties, of what is declared. */
  const visitChildren = (node: ts.Node): void =>
    ts.forEachChild(node, (child) => {
      const isName = 'name' in node && node.name === child && ts.isIdentifier(child);
      if (!isName || ts.isShorthandPropertyAssignment(node)) visit(child);
    });
  const visitMember = (node: ts.PropertyAccessExpression): void => {
    const { expression, name } = node;
    if (ts.isIdentifier(expression)) {
      const whole = wholes.get(expression.text);
      if (whole !== undefined) say(`${whole}#${name.text}`, node);
      else if (GLOBAL_OBJECTS.has(expression.text)) sayGlobal(name.text, '', node, false);
      else sayGlobal(expression.text, name.text, node);
    } else visit(expression);
  };
  const sayGlobal = (name: string, member: string, node: ts.Node, mayBeOwn = true): void => {
    if (GLOBALS.has(name) && !(mayBeOwn && declared.has(name))) say(`global:${name}#${member}`, node);
  };
  visit(source);
  return said;
}

const isDeclaration = (node: ts.Node): node is ts.NamedDeclaration =>
  ts.isVariableDeclaration(node) ||
  ts.isParameter(node) ||
  ts.isFunctionDeclaration(node) ||
  ts.isClassDeclaration(node) ||
  ts.isInterfaceDeclaration(node) ||
  ts.isTypeAliasDeclaration(node) ||
  ts.isBindingElement(node);

const isLoading = (callee: ts.Expression): boolean =>
  callee.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(callee) && callee.text === 'require');

const originalName = ({ name, propertyName }: ts.ImportSpecifier | ts.ExportSpecifier): string =>
  (propertyName ?? name).text;

function namesOf(clause: ts.ImportClause | undefined): string[] {
  const bindings = clause?.namedBindings;
  return [
    ...(clause?.name ? [''] : []),
    ...(bindings && ts.isNamespaceImport(bindings) ? [''] : []),
    ...(bindings && ts.isNamedImports(bindings) ? bindings.elements.map(originalName) : []),
  ];
}
