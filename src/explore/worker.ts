/**
 * One process of an exploration: is told what was chosen, then does the pieces it is sent, one after the other.
 *
 * Role: started by pool.ts. Checked by: test/explore/pool.test.ts.
 */
import type { FromWorker, ToWorker } from './pool.ts';
import { doPiece } from './work.ts';

const say = (message: FromWorker): void => { process.send!(message); };

process.on('message', ({ piece, choice }: ToWorker) => {
  say({ result: doPiece(piece, choice, ({ scenario, states, seconds }) => say({ progress: { scenario, states, seconds } })) });
});
// Its parent has ended: there is nobody to work for.
process.on('disconnect', () => process.exit(0));
