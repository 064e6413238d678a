/**
 * Lines and branch arms of the kernel, and of the board's waiting, that exploration never runs, each with the reason: whatever is missing
 * and not listed here fails a test, and so does an entry that no longer applies.
 *
 * An entry names a function and the source line as it stands (or how it begins); without a line it covers the whole function, without
 * a function the whole file or folder.
 * Checked by: test/explore/kernel.test.ts.
 */
import type { Missing } from './coverage.ts';

export interface Unexplored {
  file: string;
  function?: string;
  line?: string;
  why: string;
}

const BOUND = 'a bound that explored scenarios do not reach: each turn is the success of another context';
const ARGUMENT = 'a wrong argument: unit tests have it';
const ENDS = 'a region that ends between two looks of this call';

export const UNEXPLORED: readonly Unexplored[] = [
  { file: 'src/board/wait.ts', function: 'kernelWait32', line: 'if (self < 0', why: 'an assertion: it halts the board' },
  { file: 'src/board/wait.ts', function: 'kernelWait32', line: 'if ((address & 3)', why: 'an assertion: it halts the board' },
  { file: 'create.ts', why: 'configurations at the limits, with a schema, or in a region that ends meanwhile: unit tests have them' },
  { file: 'queue.ts', function: 'queueCommitSubmit', why: 'a submitter that builds in place: unit tests have it' },
  { file: 'path/1-send-careful.ts', function: 'sendTypedRegion', why: ENDS },
  { file: 'batch.ts', function: 'batchPublish', why: ARGUMENT },
  { file: 'batch.ts', function: 'batchDrain', why: 'batches with buffers too small, or of submitted messages: unit tests have them' },
  { file: 'capability/place.ts', why: 'places of queues, taken and given back by capability: test/unit has them' },
  { file: 'capability/grant.ts', why: ARGUMENT },
  { file: 'capability/named.ts', why: ARGUMENT },
  { file: 'capability/revoke.ts', why: ARGUMENT },
  { file: 'capability/space.ts', why: `a space that is full; ${ARGUMENT}` },
  { file: 'capability/system.ts', why: `making systems and spaces without room; ${ARGUMENT}` },
  { file: 'counters.ts', function: 'cellAddCounter', why: 'a carry between two reads of a counter: once in 2^32' },
  { file: 'path/4-shared.ts', function: 'sharedTake', why: BOUND },
  { file: 'path/6-receive.ts', function: 'receiveOther', why: ARGUMENT },
  { file: 'path/6-receive.ts', function: 'receiveSleep', why: BOUND },
  { file: 'queue.ts', function: 'receivedPriority', why: ARGUMENT },
  { file: 'queue.ts', function: 'receivedSender', why: ARGUMENT },
  { file: 'ring.ts', function: 'ringCreate', why: 'queueMake has checked the parameters: only unit tests call it with others' },
  { file: 'ring.ts', function: 'ringLength', why: 'a length while a receiver passes the two reads: a hint' },
  { file: 'region/append.ts', function: 'cellTake', why: BOUND },
  { file: 'region/append.ts', function: 'cellGive', why: BOUND },
  { file: 'region/append.ts', function: 'regionReserve', why: `${BOUND}; ${ENDS}; ${ARGUMENT}` },
  { file: 'region/append.ts', function: 'regionAdvance', why: 'a cell used again during a look: explored by the deep run' },
  { file: 'region/append.ts', function: 'regionCommit', why: `${ENDS}; ${ARGUMENT}` },
  { file: 'region/append.ts', function: 'regionAppendFor', why: 'an append of nothing: unit tests have it' },
  { file: 'region/flight.ts', function: 'flightOwed', why: 'regions of submitted descriptors: unit tests have them' },
  { file: 'region/flight.ts', function: 'flightInQueue', why: 'regions of submitted descriptors: unit tests have them' },
  { file: 'region/flight.ts', function: 'flightOfAppends', why: 'a region destroyed during an append: unit tests have it' },
  { file: 'region/flight.ts', function: 'regionOutstanding', why: 'only counts, as regionDestroyFor does' },
  { file: 'region/flight.ts', function: 'regionDestroyFor', why: 'two that end one region: unit tests have it' },
  { file: 'region/flight.ts', function: 'regionHost', why: ARGUMENT },
  { file: 'region/immutable.ts', why: `${ENDS}; ${ARGUMENT}` },
  { file: 'region/recover.ts', why: `an owner that dies while it fills an entry; ${ARGUMENT}` },
  { file: 'region/slab.ts', why: `${BOUND}; ${ENDS}; ${ARGUMENT}` },
  { file: 'region/span.ts', why: `${ENDS}; ${ARGUMENT}` },
  { file: 'region/table.ts', function: 'regionEntry', why: ARGUMENT },
  { file: 'region/table.ts', function: 'regionTake', why: 'more regions than the table of explored scenarios holds' },
];

const covers = (entry: Unexplored, { file, function: name, text }: Missing): boolean =>
  file.startsWith(entry.file.startsWith('src/') ? entry.file : `src/kernel/${entry.file}`) &&
  (entry.function === undefined || name === entry.function) && (entry.line === undefined || text.startsWith(entry.line));

/** What is missing without a reason, and reasons for what is not missing. */
export const unexplained = (missing: readonly Missing[]): { places: Missing[]; idle: Unexplored[] } => ({
  places: missing.filter((place) => !UNEXPLORED.some((entry) => covers(entry, place))),
  idle: UNEXPLORED.filter((entry) => !missing.some((place) => covers(entry, place))),
});

/** The reason for a missing place. */
export const reasonOf = (place: Missing): string | undefined => UNEXPLORED.find((entry) => covers(entry, place))?.why;
