/** What is published: the example of the README runs from the sources and from the packed package; types fit strict users. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { transformSync } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { queueErrorCodes } from '../../src/lib/errors.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const example = join(root, 'test/lib/readme-example.ts');
const EXPECTED = 'critical: pump 7 is too hot\nlow: pump 3 runs as planned\n';

const folder = mkdtempSync(join(tmpdir(), 'ruvix-package-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let packed: string[];

const documentation = readFileSync(join(root, 'docs/library.md'), 'utf8');
/** Each example of the documentation, with the output that stands below it. */
const examples = [...documentation.matchAll(/^```ts\n([^]*?)^```\n\n```text\n([^]*?)^```/gm)].map((match) => ({
  source: match[1]!, printed: match[2]!, line: documentation.slice(0, match.index).split('\n').length,
}));

beforeAll(async () => {
  await run('npm', ['run', '--silent', 'build'], { cwd: root });
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], { cwd: root });
  const [{ filename, files }] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
  packed = files.map(({ path }) => path);
  writeFileSync(join(folder, 'package.json'), '{ "name": "user", "private": true, "type": "module" }\n');
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', `./${filename}`], { cwd: folder });
}, 300_000);

test('the example of the README has about ten lines and runs from the sources', async () => {
  expect(readFileSync(example, 'utf8').split('\n').filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(13);
  const { stdout } = await run('node', ['--import', './test/lib/typescript.mjs', example], { cwd: root });
  expect(stdout).toBe(EXPECTED);
});

test('it runs from the packed package, by plain node', async () => {
  writeFileSync(join(folder, 'example.mjs'), transformSync(readFileSync(example, 'utf8'), { loader: 'ts', format: 'esm' }).code);
  const { stdout, stderr } = await run('node', ['example.mjs'], { cwd: folder });
  expect(stdout).toBe(EXPECTED);
  expect(stderr).toBe('');
});

test('the bundle keeps the views of the shared memory constants: with variables a call costs half as much again', () => {
  const bundle = readFileSync(join(folder, 'node_modules/ruvix-queue/dist/index.js'), 'utf8');
  expect(bundle).toMatch(/^const I32 = new Int32Array\(memory\);$/m);
});

test('CommonJS code imports it dynamically', async () => {
  writeFileSync(join(folder, 'common.cjs'), "import('ruvix-queue').then(({ Queue }) => console.log(Queue.create().ringSize));\n");
  expect((await run('node', ['common.cjs'], { cwd: folder })).stdout).toBe('256\n');
});

test('the package holds the bundle, its types, the command, and nothing else', () => {
  const rest = packed.filter((path) => !path.startsWith('dist/types/lib/'));
  expect(rest.filter((path) => !/^(README|LICENSE)/.test(path)).sort()).toEqual(['dist/index.js', 'dist/index.js.map', 'dist/wit.js', 'package.json']);
  expect(packed.filter((path) => path.startsWith('dist/types/')).every((path) => path.endsWith('.d.ts'))).toBe(true);
  const installed = readdirSync(join(folder, 'node_modules'));
  expect(installed.filter((name) => !name.startsWith('.'))).toEqual(['ruvix-queue']); // no dependencies
});

const WIT = 'package demo:pumps;\ninterface messages {\n  record sample { id: u32 }\n}\n';
const wit = async (): Promise<{ code: number; stderr: string }> => {
  writeFileSync(join(folder, 'sample.wit'), WIT);
  const command = ['node_modules/ruvix-queue/dist/wit.js', 'wit', 'sample.wit', '-o', 'gen'];
  return run('node', command, { cwd: folder }).then(() => ({ code: 0, stderr: '' }), (error: { code: number; stderr: string }) => error);
};

test('the command says which parser it needs, and works once that is there', async () => {
  const PARSER = '@bytecodealliance/jco-transpile';
  const { devDependencies, peerDependencies, peerDependenciesMeta } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as
    Record<'devDependencies' | 'peerDependencies', Record<string, string>> & { peerDependenciesMeta: Record<string, { optional: boolean }> };
  // Optional: npm does not install it, but tells of another version.
  expect([peerDependencies[PARSER], peerDependenciesMeta[PARSER]]).toEqual([devDependencies[PARSER], { optional: true }]);
  const needs = `the WIT parser is not installed: npm install --save-dev ${PARSER}@${devDependencies[PARSER]}\n`;
  expect(await wit()).toMatchObject({ code: 1, stderr: needs });
  const scope = join(folder, 'node_modules/@bytecodealliance');
  // A version that keeps its parts elsewhere is none.
  mkdirSync(join(scope, 'jco-transpile'), { recursive: true });
  writeFileSync(join(scope, 'jco-transpile/package.json'), '{ "name": "@bytecodealliance/jco-transpile", "version": "9.9.9", "exports": "./index.js" }');
  writeFileSync(join(scope, 'jco-transpile/index.js'), '');
  expect(await wit()).toMatchObject({ code: 1, stderr: needs });
  rmSync(scope, { recursive: true });
  symlinkSync(join(root, 'node_modules/@bytecodealliance'), scope);
  expect(await wit()).toMatchObject({ code: 0 });
  expect(readFileSync(join(folder, 'gen/sample.ts'), 'utf8')).toContain('export const Sample');
  rmSync(scope);
});

test('no type is `any`, and none reaches outside the package', () => {
  const types = join(folder, 'node_modules/ruvix-queue/dist/types/lib');
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const source = readFileSync(join(types, file), 'utf8').replace(/\/\*[^]*?\*\//g, '');
    expect(source, file).not.toMatch(/\bany\b/);
    for (const [, path] of source.matchAll(/from '([^']+)'/g)) {
      expect(path, file).toMatch(/^\.\/[a-z]+\.ts$/);
      visit(path!.slice(2).replace(/\.ts$/, '.d.ts'));
    }
  };
  visit('index.d.ts');
  expect(seen.size).toBeGreaterThan(8);
});

const USER = `
import { Descriptor, Message, Queue, QueueError, Region, memoryUsage, priorities } from 'ruvix-queue';
import type { Completion, Priority, QueueErrorCode, QueueHandle, QueueOptions, QueueStatistics } from 'ruvix-queue';
import { Worker } from 'node:worker_threads';

const options: QueueOptions = { ringSize: 8, completions: 2 };
const queue = Queue.create(options);
const handle: QueueHandle = queue.handle;
const sender = Queue.from(handle).sender({ schema: 0 });
sender.send(new Float32Array(3), { priority: 'high' });
const sent: boolean = sender.trySend(Buffer.from('x'));
const receiver = queue.receiver();
const maybe: Message | undefined = receiver.tryReceive();
const floats: Float32Array | undefined = maybe?.viewAs(Float32Array);
const words: BigUint64Array = Region.slab(8).viewAs(BigUint64Array);
const view: DataView = Region.slab(8).viewAs(DataView);
const submitter = queue.submitter();
const tag: number = submitter.submit(new Uint8Array(1), { tag: 5 });
const completions: Completion[] = submitter.completions();
const statistics: QueueStatistics = queue.statistics();
const low: number = statistics.sent.low + statistics.sent.total;
for (const priority of priorities) { const one: Priority = priority; queue.lengthOf(one); }
for (const message of receiver) receiver.complete(message, 1);
export const all = async (): Promise<void> => { for await (const message of receiver.messages({ signal: AbortSignal.timeout(5) })) message.text(); };
queue.watch(new Worker('x'));
try { queue.destroy({ force: true }); } catch (error) { if (error instanceof QueueError) { const code: QueueErrorCode = error.code; void code; } }
const decoded: Descriptor = Descriptor.decode(new Uint8Array(24));
void [sent, floats, words, view, tag, completions, low, decoded, memoryUsage().used.toFixed()];
// @ts-expect-error a string is not bytes
sender.send('text');
// @ts-expect-error no such priority
sender.send(new Uint8Array(1), { priority: 'urgent' });
// @ts-expect-error handles are not queues
Queue.from(queue);
// @ts-expect-error nor are those of regions
Queue.from(Region.slab(1).handle);
// @ts-expect-error only a queue makes senders
new (sender.constructor as typeof import('ruvix-queue').Sender)();
// @ts-expect-error codes are known
const wrong: QueueErrorCode = 'OOPS';
void wrong;
`;

/** A strict compiler run in the user's folder; the error is what it printed. */
const compile = async (resolution: string, module: string, options: string[], files: string[]): Promise<void> => {
  await run('node', [
    join(root, 'node_modules/typescript/bin/tsc'), '--noEmit', '--strict', '--exactOptionalPropertyTypes', '--target', 'es2022',
    '--lib', 'es2023', '--module', module, '--moduleResolution', resolution, '--typeRoots', join(root, 'node_modules/@types'),
    '--types', 'node', ...options, ...files,
  ], { cwd: folder }).catch((error: { stdout: string }) => { throw new Error(error.stdout); });
};

test('a strict user and the examples of the documentation compile, and mistakes are told', async () => {
  writeFileSync(join(folder, 'user.ts'), USER);
  examples.forEach(({ source }, index) => writeFileSync(join(folder, `example${index}.ts`), source));
  await compile('nodenext', 'nodenext', ['--noUncheckedIndexedAccess'], ['user.ts', ...examples.map((_, index) => `example${index}.ts`)]);
}, 240_000);

test('types are found by the rules of bundlers as well', async () => {
  writeFileSync(join(folder, 'user.ts'), USER);
  await compile('bundler', 'preserve', ['--skipLibCheck'], ['user.ts']);
}, 240_000);

test('the documentation has examples, each with its output', () => {
  expect(examples.length).toBeGreaterThan(5);
  expect(examples.length).toBe(documentation.match(/^```ts$/gm)!.length);
});

test.each(examples.map((example, index) => ({ ...example, index })))('docs/library.md, line $line: the example prints what it says', async (one) => {
  const file = `example${one.index}.mjs`;
  writeFileSync(join(folder, file), transformSync(one.source, { loader: 'ts', format: 'esm' }).code);
  const { stdout, stderr } = await run('node', [file], { cwd: folder });
  expect(stderr).toBe('');
  expect(stdout).toBe(one.printed);
});

test('the table of errors names every code, and no other', () => {
  const table = documentation.slice(documentation.indexOf('## Errors'), documentation.indexOf('An aborted promise'));
  const named = [...table.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => code!);
  expect(named.sort()).toEqual([...queueErrorCodes].sort());
});
