/** House rules, enforced over the whole tree; and each rule shown to catch what it forbids. */
import { describe, expect, test } from 'vitest';
import { projectFiles, type SourceFile } from './tidy/files.ts';
import * as rules from './tidy/rules.ts';

const files = projectFiles();
const file = (path: string, text: string): SourceFile => ({ path, text });
const lines = (count: number): string => 'x;\n'.repeat(count);

/** Each rule with a tree that breaks it, and how many places it should name there. */
const broken: Record<string, { rule: rules.Rule; tree: SourceFile[]; found: string[] }> = {
  'lines have at most 130 characters where code runs on bare metal, 150 elsewhere': {
    rule: rules.lineLength,
    tree: [
      file('src/kernel/a.ts', `${'x'.repeat(130)}\n${'x'.repeat(131)}`), file('boot/a.S', 'x'.repeat(131)),
      file('src/cli/a.ts', `${'x'.repeat(150)}\n${'x'.repeat(151)}\nsay('${'x'.repeat(200)}');`),
      file('Makefile', 'x'.repeat(151)),
      file('src/machine/b.ts', `Porffor.c\`${'x'.repeat(200)}\``),
    ],
    found: [
      'src/kernel/a.ts:2: 131 characters', 'boot/a.S:1: 131 characters',
      'src/cli/a.ts:2: 151 characters', 'Makefile:1: 151 characters',
    ],
  },
  'files of the kernel and the board have at most 200 lines': {
    rule: rules.fileLength,
    tree: [
      file('src/kernel/a.ts', lines(200)), file('src/kernel/b.ts', lines(201)),
      file('src/board/c.ts', lines(202)), file('src/cli/d.ts', lines(900)),
    ],
    found: ['src/kernel/b.ts: 201 lines', 'src/board/c.ts: 202 lines'],
  },
  'functions have at most 70 lines': {
    rule: rules.functionLength,
    tree: [
      file('src/a.ts', `const f = () => {\n${lines(68)}};\nconst g = () => {\n${lines(69)}};`),
      file('test/a.ts', `const f = () => {\n${lines(69)}};`),
    ],
    found: ['src/a.ts:71: a function of 71 lines'],
  },
  'modules import only what the import table allows': {
    rule: rules.importRules,
    tree: [
      file('src/kernel/layout.ts', "import { a } from './status.ts';"),
      file('src/kernel/path/4-ring.ts', "import { a } from '#machine'; export { b } from './3-lane.ts';"),
      file('src/kernel/path/1-send.ts', "import { a } from './4-ring.ts'; import { b } from '../queue.ts';"),
      file('src/board/uart.ts', "import { a } from '../kernel/queue.ts'; import { b } from 'node:fs';"),
      file('src/lower/a.ts', "import { a } from '../kernel/layout.ts'; import ts from 'typescript';"),
      file('src/programs/a.ts', "import { a } from 'node:fs';"), file('src/programs/a.node.ts', "import { a } from 'node:fs';"),
      file('src/cli/a.ts', "const a = await import('../kernel/queue.ts');"),
      file('src/other/a.ts', ''),
    ],
    found: [
      'src/kernel/layout.ts: may not import src/kernel/status.ts',
      'src/kernel/path/4-ring.ts: may not import src/kernel/path/3-lane.ts',
      'src/kernel/path/1-send.ts: may not import src/kernel/queue.ts', 'src/board/uart.ts: may not import src/kernel/queue.ts',
      'src/board/uart.ts: may not import node:fs', 'src/lower/a.ts: may not import src/kernel/layout.ts',
      'src/programs/a.ts: may not import node:fs', 'src/cli/a.ts: may not import src/kernel/queue.ts',
      'src/other/a.ts: no row of the import table covers this file',
    ],
  },
  'the imports of the kernel and the board form no cycle': {
    rule: rules.noImportCycle,
    tree: [
      file('src/kernel/a.ts', "import './b.ts';"), file('src/kernel/b.ts', "import './c.ts';"),
      file('src/kernel/c.ts', "import './b.ts';"),
    ],
    found: ['import cycle: src/kernel/b.ts -> src/kernel/c.ts -> src/kernel/b.ts'],
  },
  'only the Node machine says Atomics': {
    rule: rules.atomicsOnlyInNodeMachine,
    tree: [file('src/machine/node.ts', 'Atomics.load(a, 0);'), file('src/lib/a.ts', '// Atomics\nAtomics.load(a, 0);')],
    found: ['src/lib/a.ts:2: says Atomics'],
  },
  'only the native machine, the processor module and the lowering say Porffor': {
    rule: rules.porfforOnlyInMachine,
    tree: [file('src/machine/native.ts', 'Porffor.c``;'), file('src/lower/a.ts', 'Porffor;'), file('src/board/uart.ts', 'Porffor.c``;')],
    found: ['src/board/uart.ts:1: says Porffor'],
  },
  'no two kernel modules export the same name': {
    rule: rules.uniqueExports,
    tree: [file('src/kernel/a.ts', 'export const f = 1;\nexport const g = 1;'), file('src/kernel/b.ts', 'export const f = 2;')],
    found: ['src/kernel/b.ts: f is exported by src/kernel/a.ts too'],
  },
  'every atomic access of the kernel ends with an order label that is explained and has two sides': {
    rule: rules.orderLabels,
    tree: [file('src/kernel/a.ts', [
      '/** [good] [bump] [lonely] [weak] [blind] [descriptor] */',
      'storeRelease32(p, 0, 1); // [good]', 'if (loadAcquire32(p, 0)) x(); // [good] why', 'fetchAdd32(p, 4, 1); // [bump]',
      'storeRelaxed32(p, 0, 1);',
      'storeRelaxed32(', '  p, 0, 1); // [lonely]',
      'storeRelease32(p, 8, 1); // [weak]', 'loadRelaxed32(p, 8); // [weak]',
      'loadAcquire32(p, 12); // [blind]', 'storeRelaxed32(p, 12, 1); // [blind]',
      'loadRelaxed32(p, 12); // [descriptor]',
      'exchange32(p, 0, 1); // [secret]',
    ].join('\n'))],
    found: [
      'src/kernel/a.ts:5: storeRelaxed32 without an order label', '[lonely]: storeRelaxed32 has no reading side',
      '[weak]: storeRelease32 has no acquiring side', '[blind]: loadAcquire32 has no releasing side',
      '[secret]: no module header explains it',
    ],
  },
  'every status code is documented, and named by a test': {
    rule: rules.statusesDocumented,
    tree: [
      file('src/kernel/status.ts', [
        'export const STATUS_OK = 0;', '/** Why. */', 'export const STATUS_A = -1;', 'export const STATUS_B = -2;',
        '/** Why. */', 'export const STATUS_AB = -3;',
      ].join('\n')),
      file('test/unit/a.test.ts', 'STATUS_OK STATUS_AB STATUS_B'),
    ],
    found: ['STATUS_A: no test names it', 'STATUS_B: no comment above it'],
  },
  'no file names a folder of one machine or a package server': {
    rule: rules.noMachineTraces,
    tree: [
      file('a.md', ['/wor', 'k/main'].join('')), file('b.json', ['https://registry', '.npmjs.org/x'].join('')),
      file('c.md', 'src/home/page'),
    ],
    found: ['a.md:1: names a folder of one machine', 'b.json:1: names a package server'],
  },
  'nothing is marked unfinished, and no test shuts out the others': {
    rule: rules.nothingUnfinished,
    tree: [
      file('src/a.ts', ['// TO', 'DO later'].join('')), file('test/a.test.ts', ['test.on', 'ly(x)'].join('')),
      file('src/b.ts', 'const TODOS = 1;'),
    ],
    found: [['src/a.ts:1: // TO', 'DO later'].join(''), ['test/a.test.ts:1: test.on', 'ly(x)'].join('')],
  },
  'tests that comments and documents name are there': {
    rule: rules.namedTestsExist,
    tree: [
      file('src/a.ts', '// Checked by: test/unit/a.test.ts, test/unit.'), file('src/b.ts', '// See test/unit/b.test.ts'),
      file('test/unit/a.test.ts', ''),
    ],
    found: ['src/b.ts: names test/unit/b.test.ts, which is not there'],
  },
  'make targets that documents name are in the Makefile, with a description': {
    rule: rules.namedTargetsExist,
    tree: [
      file('Makefile', 'run: x ## Runs.\nhidden:\n'),
      file('README.md', 'Type `make run` or `make walk CPUS=2`, to make sure.\n    $ make hidden'),
    ],
    found: [
      'README.md: make walk is no described target of the Makefile',
      'README.md: make hidden is no described target of the Makefile',
    ],
  },
};

describe.each(Object.entries(broken))('%s', (_name, { rule, tree, found }) => {
  test('in this tree', () => expect(rule(files)).toEqual([]));
  test('and a tree that breaks it is told so', () => expect(rule(tree)).toEqual(found));
});

test('every rule is applied', () => {
  const applied = new Set(Object.values(broken).map(({ rule }) => rule));
  const helpers = ['importsOf', 'atomicAccesses'];
  expect(Object.entries(rules).filter(([name, rule]) => !helpers.includes(name) && !applied.has(rule as rules.Rule))).toEqual([]);
});

test('the whole tree is seen, and the atomic accesses in it', () => {
  expect(files.length).toBeGreaterThan(50);
  expect(rules.atomicAccesses(files).length).toBeGreaterThan(30);
});
