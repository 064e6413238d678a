/**
 * What the instruction counts call: the kernel's surface, and a board to run on. The loops are in harness.c, so that the calls
 * are out of line, as for any program that links the kernel.
 */
export * from '../../src/board/program.ts';
