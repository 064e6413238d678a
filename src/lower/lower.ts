/**
 * Fourth pass: lower every function, and keep what the exports reach.
 *
 * Unreached functions are lowered too, for their errors; what they print is dropped.
 */
import type TS from 'typescript';
import type { Folder } from './fold.ts';
import { FunctionLowering, type Lowered, type ProgramLowering } from './function.ts';
import { Helpers } from './helpers.ts';
import type { Kind } from './ir.ts';
import { isFloat, kindOfType, Signatures } from './kinds.ts';
import { type FunctionInfo, type Linked, namesUsed, reach } from './link.ts';
import type { Loaded } from './load.ts';
import { isFreeName, Names } from './names.ts';

export interface Program {
  functions: Lowered[];
  machine: { info: FunctionInfo; name: string; parameters: { name: string; kind: Kind }[]; result: Kind }[];
  variables: { name: string; kind: Kind; value: number }[];
  helpers: Helpers;
  fragments: string[];
  /** What a function is called in the lowered file, and what in the object. */
  nameOf(info: FunctionInfo): string;
  symbolOf(info: FunctionInfo): string;
  exported: Set<FunctionInfo>;
  /** Functions that compute with doubles and are called by functions that do not: they must stay calls. */
  outOfLine: Set<FunctionInfo>;
}

/** The name in the object: the export's, else the function's own, numbered where two modules use the same. */
const symbols = (loaded: Loaded, linked: Linked, reached: FunctionInfo[]): Map<FunctionInfo, string> => {
  const names = new Names();
  const chosen = new Map<FunctionInfo, string>();
  for (const [name, info] of linked.exports) {
    if (chosen.has(info)) loaded.report.at(info.declaration, 'RVX1024', `\`${info.name}\` is exported under two names`);
    else if (!isFreeName(name)) loaded.report.at(info.declaration, 'RVX1024', `\`${name}\` means something else in C`);
    else chosen.set(info, names.unique(name));
  }
  for (const info of reached) {
    if (!chosen.has(info)) chosen.set(info, names.unique(isFreeName(info.name) ? info.name : `k_${info.name}`));
  }
  return chosen;
};

const lowerVariables = (loaded: Loaded, linked: Linked, folder: Folder): Map<TS.Declaration, { name: string; kind: Kind; value: number }> => {
  const names = new Names();
  const made = new Map<TS.Declaration, { name: string; kind: Kind; value: number }>();
  for (const node of linked.variables) {
    const value = node.initializer && folder.value(node.initializer);
    if (value === undefined) continue; // told by the check of modules
    const annotated = node.type && kindOfType(loaded.checker, node.type, loaded.report);
    const kind = annotated ?? (typeof value === 'boolean' ? 'bool' : value >= 2 ** 31 ? 'u32' : 'i32');
    if (kind === 'f64' || kind === 'i64' || kind === 'text') {
      loaded.report.at(node, 'RVX1003', 'module variables are i32, u32 or boolean');
      continue;
    }
    made.set(node, { name: names.unique(`g_${node.name.getText().replace(/\W/g, '_')}`), kind, value: Number(value) | 0 });
  }
  return made;
};

export const lower = (loaded: Loaded, linked: Linked, folder: Folder): Program => {
  const { checker, report } = loaded;
  const all = [...linked.functions.values()];
  const reachedNames = reach(loaded, linked);
  const isReached = (info: FunctionInfo): boolean => reachedNames.has(info.declaration);
  const reached = all.filter(isReached);
  const symbol = symbols(loaded, linked, reached);
  const printed = new Map(all.map((info, i) => [info, `k${i}_${info.name.replace(/\W/g, '_')}`]));
  const variables = lowerVariables(loaded, linked, folder);
  const signatures = new Signatures(checker, report);
  const shared: ProgramLowering = {
    checker, report, folder, linked, signatures, variables,
    helpers: new Helpers(),
    nameOf: (info) => printed.get(info)!,
    localNames: () => new Names(symbol.values()),
  };
  // Unreached ones first, for their errors only: their helpers are thrown away.
  for (const info of all) if (!info.machine && !isReached(info)) new FunctionLowering({ ...shared, helpers: new Helpers() }, info).lower();
  const functions = reached.filter((info) => !info.machine).map((info) => new FunctionLowering(shared, info).lower());
  const machine = reached.filter((info) => info.machine).map((info) => ({ info, signature: signatures.of(info) }));
  const outOfLine = new Set<FunctionInfo>();
  for (const info of reached) {
    if (info.float || info.machine) continue;
    for (const used of namesUsed(loaded, linked, info.node)) {
      const called = linked.functions.get(used);
      if (called?.float) outOfLine.add(called);
    }
  }
  for (const { info, signature } of machine) {
    if (signature && isFloat(signature) && !info.float) report.at(info.declaration, 'RVX2006', `\`${info.name}\` computes with f64 without saying so`);
  }
  const usedVariables = [...variables].filter(([node]) => reachedNames.has(node)).map(([, variable]) => variable);
  return {
    functions: functions.filter((f): f is Lowered => f !== undefined),
    machine: machine.flatMap(({ info, signature }) => (signature ? [{
      info, name: printed.get(info)!, result: signature.result, parameters: signature.parameters.map((p) => ({ name: p.name.text, kind: p.kind })),
    }] : [])),
    variables: usedVariables,
    helpers: shared.helpers,
    fragments: linked.fragments,
    nameOf: shared.nameOf,
    symbolOf: (info) => symbol.get(info)!,
    exported: new Set(linked.exports.values()),
    outOfLine,
  };
};
