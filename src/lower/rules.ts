/**
 * A hook for the tests alone: rules of the lowering that can be broken, to show that the random-program test notices.
 *
 * Nothing is broken unless RVX_BREAK names a rule; the tool then says so on stderr, so that it cannot happen unseen.
 */
export const RULES = [
  'keep evaluation order',
  'shift right is arithmetic',
  'compare u32 unsigned',
  '&& and || are lazy',
  'clz of negatives is 0',
  'continue runs the update',
  'division never traps',
  'u32 divides unsigned',
  '?: runs one branch',
  'break leaves the switch',
] as const;

export type Rule = (typeof RULES)[number];

const broken = process.env['RVX_BREAK'];
if (broken) process.stderr.write(`warning: the rule "${broken}" is broken on purpose\n`);

/** Whether the rule is in force. */
export const rule = (name: Rule): boolean => broken !== name;
