/** The storm for host threads: what ../threads.c calls. */
export { stormCreate, stormEnd, stormRound } from './plan.ts';
export { stormReceive, stormSend } from './roles.ts';
