/**
 * The atomic accesses of the kernel's sources, and the AArch64 instructions that each of them became.
 *
 * Role: make atomic-sites (src/cli/atomic-sites.ts) prints the table and docs/atomic-sites.md holds it. Every kernel module is
 *   compiled at -O2 as for the board, and as for ATOMICS=lse (ARMv8.1); the debug lines of the object say which instruction belongs to which line
 *   of TypeScript. Where two paths end in the same access, clang may keep one instruction for both, on no line.
 * Invariants: 1 each access has the instructions of its declared order, and on its lines there is no other ordered one.
 *   2 No ordered instruction stands anywhere else; on no line at all only what two accesses at least declare.
 * Fails: `problems` names each access and each instruction that breaks one of these.
 * Checked by: test/native/sites.test.ts
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import type TS from 'typescript';
import { ATOMICS } from '../lower/clang.ts';
import ts from '../lower/typescript.ts';
import { compileC, lowerTo } from './build.ts';

export interface Site {
  file: string;
  line: number;
  /** The function or constant it stands in. */
  within: string;
  operation: string;
  /** The order label at the end of its line. */
  label: string;
  /** The access as written, on one line. */
  text: string;
}

export interface Instruction {
  file: string;
  /** 0: clang gave it none. */
  line: number;
  mnemonic: string;
}

export type Architecture = 'v8.0' | 'lse';
/** Those of the images, as make builds them and with ATOMICS=lse. */
const FLAGS: Record<Architecture, string[]> = { 'v8.0': ATOMICS.llsc, lse: ATOMICS.lse };
export type Compiled = Record<Architecture, Instruction[]>;

/** What an operation must become. Plain loads and stores are `load` and `store`: ldr, ldur, ldp; str, stur, stp. */
const LOADS = { loadRelaxed32: 'load', loadAcquire32: 'ldar', loadSequential32: 'ldar' };
const STORES = { storeRelaxed32: 'store', storeRelease32: 'stlr', storeSequential32: 'stlr', storePublished32: 'stlr' };
const LSE = { compareExchange32: 'casal', fetchAdd32: 'ldaddal', fetchOr32: 'ldsetal', fetchAnd32: 'ldclral', exchange32: 'swpal' };
const PLAIN: Record<string, string[]> = {
  ...Object.fromEntries(Object.entries({ ...LOADS, ...STORES }).map(([name, becomes]) => [name, [becomes]])),
  fenceFull: ['dmb ish'],
  fenceAll: ['dmb ish'],
};
export const DECLARED: Record<Architecture, Record<string, string[]>> = {
  'v8.0': { ...PLAIN, ...Object.fromEntries(Object.keys(LSE).map((name) => [name, ['ldaxr', 'stlxr']])) },
  lse: { ...PLAIN, ...Object.fromEntries(Object.entries(LSE).map(([name, becomes]) => [name, [becomes]])) },
};

/** Instructions that order anything, or are part of a read-modify-write. */
const ORDERED = /^(lda|ldapr|stl|ldax|stlx|ldx|stx|cas|swp|ldadd|ldset|ldclr|ldeor|ldsmax|ldsmin|ldumax|ldumin|stadd|stset|stclr|dmb|dsb|isb)/;
const PLAIN_LOAD = /^(ldr|ldur|ldp)$/;
const PLAIN_STORE = /^(str|stur|stp)$/;

const kindOf = (mnemonic: string): string | undefined => {
  if (PLAIN_LOAD.test(mnemonic)) return 'load';
  if (PLAIN_STORE.test(mnemonic)) return 'store';
  return ORDERED.test(mnemonic) ? mnemonic : undefined;
};

const sitesOfFile = (file: string, text: string): Site[] => {
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  const lines = text.split('\n');
  const found: Site[] = [];
  const visit = (node: TS.Node, within: string): void => {
    const inside = ts.isVariableDeclaration(node) && node.parent.parent.parent === tree ? node.name.getText() : within;
    ts.forEachChild(node, (child) => visit(child, inside));
    if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression) || DECLARED['v8.0'][node.expression.text] === undefined) return;
    const last = tree.getLineAndCharacterOfPosition(node.end).line;
    found.push({
      file, within: inside, operation: node.expression.text,
      line: tree.getLineAndCharacterOfPosition(node.getStart()).line + 1,
      label: /\/\/ \[(\w+)\]/.exec(lines[last]!)?.[1] ?? '',
      text: node.getText().replace(/\s+/g, ' '),
    });
  };
  visit(tree, '');
  return found;
};

/** Every module of the kernel, from the project's root. */
export const kernelModules = (root: string): string[] =>
  readdirSync(path.join(root, 'src/kernel'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts')).map((name) => `src/kernel/${name}`).sort();

export const sitesOf = (root: string): Site[] =>
  kernelModules(root).flatMap((file) => sitesOfFile(file, readFileSync(path.join(root, file), 'utf8')));

/** A line table in order of address: from each address on, a file and a line. */
const placesOf = (dump: string): { address: number; file: string; line: number }[] => {
  const [folders, names] = [new Map<string, string>(), new Map<string, string>()];
  const rows: { address: number; file: string; line: number }[] = [];
  let [index, name] = ['', ''];
  for (const text of dump.split('\n')) {
    const row = /^0x([0-9a-f]+)\s+(\d+)\s+\d+\s+(\d+)\s/.exec(text);
    index = /^file_names\[\s*(\d+)\]/.exec(text)?.[1] ?? index;
    name = /^\s+name: "(.*)"/.exec(text)?.[1] ?? name;
    const folder = /^include_directories\[\s*(\d+)\] = "(.*)"/.exec(text);
    const within = /^\s+dir_index: (\d+)/.exec(text)?.[1];
    if (folder) folders.set(folder[1]!, folder[2]!);
    if (within !== undefined) names.set(index, path.posix.join(folders.get(within) ?? '.', name));
    if (row && !text.endsWith('end_sequence')) rows.push({ address: Number.parseInt(row[1]!, 16), line: Number(row[2]), file: names.get(row[3]!) ?? '' });
  }
  return rows.sort((a, b) => a.address - b.address);
};

/** The instructions that matter of a disassembly, each with its place in the line table. */
export const instructionsOf = (disassembly: string, lineTable: string): Instruction[] => {
  const places = placesOf(lineTable);
  const found: Instruction[] = [];
  let at = 0;
  for (const row of disassembly.split('\n')) {
    const instruction = /^\s+([0-9a-f]+):\s+(\S+)(?:\s+(\S+))?/.exec(row);
    const mnemonic = instruction && kindOf(instruction[2]!);
    if (!instruction || mnemonic === undefined) continue;
    const address = Number.parseInt(instruction[1]!, 16);
    while (at + 1 < places.length && places[at + 1]!.address <= address) at++;
    const { file, line } = places[at] ?? { file: '', line: 0 };
    found.push({ file, line, mnemonic: /^d[ms]b$/.test(mnemonic!) ? `${mnemonic} ${instruction[3]}` : mnemonic! });
  }
  return found;
};

/** Compiles all of the kernel below `root`. */
export const compileSites = async (root: string, folder: string): Promise<Compiled> => {
  mkdirSync(folder, { recursive: true });
  const entry = path.join(folder, 'every.ts');
  const modules = kernelModules(root).map((file) => `export * from '${path.relative(folder, path.join(root, file))}';`);
  writeFileSync(entry, `${modules.join('\n')}\n`);
  const c = await lowerTo(entry, path.join(folder, 'sites'), 'aarch64');
  const compiled = async (architecture: keyof Compiled): Promise<Instruction[]> => {
    const object = path.join(folder, `sites-${architecture}.o`);
    await compileC(c, object, 'aarch64', FLAGS[architecture]);
    // Linked, so that each instruction has an address of its own; nothing is ever run.
    const linked = object.replace(/\.o$/, '.elf');
    await execa('ld.lld', ['--unresolved-symbols=ignore-all', '--entry=0', object, '-o', linked]);
    const [code, lines] = await Promise.all([
      execa('llvm-objdump', ['-d', '--no-show-raw-insn', '--mattr=+lse', linked]), execa('llvm-dwarfdump', ['--debug-line', linked]),
    ]);
    return instructionsOf(code.stdout, lines.stdout);
  };
  return { 'v8.0': await compiled('v8.0'), lse: await compiled('lse') };
};

const placeOf = ({ file, line }: { file: string; line: number }): string => (line === 0 ? 'no line' : `${file}:${line}`);

/** What is wrong between the declared orders and the instructions. */
export const allProblems = (sites: readonly Site[], compiled: Compiled): string[] =>
  [...problems(sites, compiled['v8.0'], 'v8.0'), ...problems(sites, compiled.lse, 'lse')];

/** What is wrong between the declared orders and the instructions of one architecture. */
export const problems = (sites: readonly Site[], instructions: readonly Instruction[], architecture: Architecture): string[] => {
  // On no line: one plain access for two at the ends of two paths. No ordered one is, so that each can be told from a stray one.
  const isMerged = ({ line, mnemonic }: Instruction): boolean => line === 0 && (mnemonic === 'load' || mnemonic === 'store');
  const merged = new Set(instructions.filter(isMerged).map(({ mnemonic }) => mnemonic));
  const at = new Map<string, { sites: Site[]; mnemonics: string[] }>();
  const place = (one: { file: string; line: number }) => {
    const key = placeOf(one);
    if (!at.has(key)) at.set(key, { sites: [], mnemonics: [] });
    return at.get(key)!;
  };
  for (const site of sites) place(site).sites.push(site);
  for (const instruction of instructions) {
    if (isMerged(instruction)) continue;
    if (instruction.file === '' || instruction.file.startsWith('src/kernel/')) place(instruction).mnemonics.push(instruction.mnemonic);
  }
  const found: string[] = [];
  for (const [key, { sites: here, mnemonics }] of at) {
    const wanted = here.flatMap((site) => DECLARED[architecture][site.operation]!);
    for (const site of here) {
      for (const one of DECLARED[architecture][site.operation]!) {
        const needed = wanted.filter((other) => other === one).length;
        const present = mnemonics.filter((other) => other === one).length;
        if (present < needed && !merged.has(one)) found.push(`${key}: ${site.operation} has become no ${one} (${architecture})`);
      }
    }
    const extra = mnemonics.filter((one) => one !== 'load' && one !== 'store' && !wanted.includes(one));
    for (const one of new Set(extra)) found.push(`${key}: ${one}, and no access there declares it (${architecture})`);
  }
  return found;
};

const WORDS: Record<string, string> = { load: 'ldr', store: 'str' };
const wordsOf = (architecture: Architecture, operation: string): string =>
  DECLARED[architecture][operation]!.map((one) => `\`${WORDS[one] ?? one}\``).join(' ');

const HEADER = `# Atomic accesses and their instructions

Generated by \`make atomic-sites\`, which fails if an access has not become what is written here, or if the kernel holds any other
ordered instruction; \`test/native/sites.test.ts\` compares. An acquire or sequential load is \`ldar\`, a release or sequential store
\`stlr\`, a full fence \`dmb ish\`, a read-modify-write an \`ldaxr\` and \`stlxr\` loop, or one instruction with LSE (ARMv8.1). A relaxed
access is a plain \`ldr\` or \`str\`. The label is explained in the header of its module. Both kinds are checked: without LSE is
what images are, with it what \`make run ATOMICS=lse\` builds.
`;

/** docs/atomic-sites.md. Without line numbers: they move with every edit, the accesses do not. */
export const tableText = (sites: readonly Site[]): string => {
  const files = [...new Set(sites.map(({ file }) => file))];
  const tables = files.map((file) => {
    const rows = sites.filter((site) => site.file === file).map((site) =>
      `| ${site.within} | \`${site.text.replaceAll('|', '\\|')}\` | ${site.label} | ${wordsOf('v8.0', site.operation)} | ${wordsOf('lse', site.operation)} |`);
    return [`## ${file}`, '', '| in | access | label | ARMv8.0 | with LSE |', '|---|---|---|---|---|', ...rows, ''].join('\n');
  });
  return `${HEADER}\n${tables.join('\n')}`;
};
