/**
 * Reads source files the way the architecture tests need them: what each one imports, and which global names it
 * uses as values. Works on texts, so a test can hand in files that exist nowhere.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import ts from 'typescript';

/** The repository's root, with a slash at the end. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A file by its path from the root (`server/domain/item.ts`). */
export interface SourceFile {
  path: string;
  text: string;
}

/** `import`, `export from` or `import()`; line from 1. */
export interface Import {
  specifier: string;
  line: number;
}

/** A global name in a value position: `process.env`, `Math.random()`, `new Date()`, `new Date(...)` (with arguments). */
export interface GlobalUse {
  name: string;
  line: number;
}

export interface ParsedFile {
  path: string;
  imports: Import[];
  globals: GlobalUse[];
}

const SKIPPED = new Set(['node_modules', 'dist', 'generated', 'out', '.data', '.git']);
const WATCHED = new Set([
  'Date',
  'Math',
  'process',
  'console',
  'performance',
  'crypto',
  'fetch',
  'globalThis',
]);
const TIMERS = ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'];
TIMERS.forEach((name) => WATCHED.add(name));

/** All files below the given folders of the repository whose names end in one of `endings`, sorted by path. */
export function readFiles(folders: readonly string[], endings: readonly string[]): SourceFile[] {
  const paths: string[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (!SKIPPED.has(entry.name)) walk(path);
      } else if (endings.some((ending) => entry.name.endsWith(ending))) paths.push(path);
    }
  };
  folders.forEach((folder) => walk(join(ROOT, folder)));
  return paths.sort().map((path) => ({ path: relative(ROOT, path), text: readFileSync(path, 'utf8') }));
}

export function parse(file: SourceFile): ParsedFile {
  const text = file.path.endsWith('.vue') ? scriptOf(file.text) : file.text;
  const source = ts.createSourceFile(file.path, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);
  const parsed: ParsedFile = { path: file.path, imports: [], globals: [] };
  const lineOf = (node: ts.Node) => source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
  const visit = (node: ts.Node): void => {
    const specifier = importedFrom(node);
    if (specifier !== undefined) parsed.imports.push({ specifier, line: lineOf(node) });
    if (ts.isIdentifier(node)) {
      const name = globalUse(node);
      if (name !== undefined) parsed.globals.push({ name, line: lineOf(node) });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return parsed;
}

/** The script blocks of a Vue component, on the lines where they stood. */
function scriptOf(text: string): string {
  let script = '';
  for (const match of text.matchAll(/<script\b[^>]*>([\s\S]*?)<\/script>/g)) {
    const start = match.index + match[0].indexOf('>') + 1;
    const missing = text.slice(0, start).split('\n').length - script.split('\n').length;
    script += '\n'.repeat(missing) + match[1];
  }
  return script;
}

function importedFrom(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
    return node.moduleSpecifier && textOf(node.moduleSpecifier);
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return textOf(node.argument.literal);
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return node.arguments[0] && textOf(node.arguments[0]);
  }
  return undefined;
}

function textOf(node: ts.Node): string | undefined {
  return ts.isStringLiteralLike(node) ? node.text : undefined;
}

function globalUse(node: ts.Identifier): string | undefined {
  if (!WATCHED.has(node.text)) return undefined;
  const parent = node.parent;
  // The name of a property or of a declaration, or a type: no use of the global value.
  if ('name' in parent && parent.name === node && !ts.isShorthandPropertyAssignment(parent)) return undefined;
  if (ts.isTypeNode(parent) || ts.isQualifiedName(parent)) return undefined;
  const whole = ts.isPropertyAccessExpression(parent) ? parent : node;
  const name =
    whole === node ? node.text : `${node.text}.${(parent as ts.PropertyAccessExpression).name.text}`;
  const user = whole.parent;
  const isNew = ts.isNewExpression(user) && user.expression === whole;
  const isCall = ts.isCallExpression(user) && user.expression === whole;
  if (!isNew && !isCall) return name;
  return `${isNew ? 'new ' : ''}${name}(${(user.arguments?.length ?? 0) === 0 ? '' : '...'})`;
}
