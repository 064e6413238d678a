/**
 * Messages of the work queue: how a vector and an alert are written (messages.wit, `variant work`), and where their parts lie.
 *
 *   vector | 0 | zeros 3 | offset 16 | count | zeros 4 | count float32 |
 *   alert  | 1 | zeros 3 | number    | micros | cause | actions | urgent | 0 |
 *           0   1         4           8        12      13        14       15  16
 *
 * Role: any. Memory: the message, of its writer. Units: bytes. A vector's message begins at a multiple of 8.
 * Fails: never: what is wrong here is refused by the queue, whose schema knows the same rules.
 * Checked by: test/programs/work.test.ts: the generated encoder gives the same bytes.
 */
import { copyBytes, fillBytes, store32, store8 } from '#machine';
import { VALUE_BYTES_SHIFT } from './fvecs.ts';
import { printText, printUnsigned } from './print.ts';

/** A byte: which case it is. */
export const WORK_CASE = 0;
export const WORK_VECTOR = 0;
export const WORK_ALERT = 1;
/** Where the pair of the list lies, and the list itself. */
export const WORK_VECTOR_LIST = 4;
export const WORK_VECTOR_COUNT = 8;
export const WORK_VECTOR_VALUES = 16;
export const WORK_ALERT_NUMBER = 4;
export const WORK_ALERT_MICROS = 8;
export const WORK_ALERT_CAUSE = 12;
export const WORK_ALERT_ACTIONS = 13;
export const WORK_ALERT_URGENT = 14;
export const WORK_ALERT_BYTES = 16;

export const CAUSE_TIMER = 0;
export const ACTION_LOG = 1;
export const ACTION_WAKE = 2;
/** A bit that the type does not know. */
export const ACTION_UNDEFINED = 8;

/** Bytes of the message of a vector, and from one such message to the next. */
export const workVectorBytes = (dimension: i32): i32 => (WORK_VECTOR_VALUES + (dimension << VALUE_BYTES_SHIFT)) | 0;
export const workVectorStride = (dimension: i32): i32 => (workVectorBytes(dimension) + 7) & ~7;

/** Writes the message of the vector whose values lie at `values`, and zeros up to the next message. */
export const workVectorWrite = (at: i32, values: i32, dimension: i32): void => {
  const bytes = workVectorBytes(dimension);
  fillBytes(at, WORK_VECTOR_VALUES, 0);
  store32(at, WORK_VECTOR_LIST, WORK_VECTOR_VALUES);
  store32(at, WORK_VECTOR_COUNT, dimension);
  copyBytes((at + WORK_VECTOR_VALUES) | 0, values, dimension << VALUE_BYTES_SHIFT);
  fillBytes((at + bytes) | 0, (workVectorStride(dimension) - bytes) | 0, 0);
};

/** Writes the message of an urgent alert from the timer. */
export const workAlertWrite = (at: i32, number: i32, micros: i32, actions: i32): void => {
  store32(at, WORK_CASE, WORK_ALERT);
  store32(at, WORK_ALERT_NUMBER, number);
  store32(at, WORK_ALERT_MICROS, micros);
  store8(at, WORK_ALERT_CAUSE, CAUSE_TIMER);
  store8(at, WORK_ALERT_ACTIONS, actions);
  store8(at, WORK_ALERT_URGENT, 1);
  store8(at, WORK_ALERT_URGENT + 1, 0);
};

/**
 * Prints the path to byte `byte` of a refused alert, and which rule it breaks: the kernel knows no names. The words of the Node
 * library, but only for alerts of the right length.
 */
export const workAlertExplain = (byte: i32): void => {
  printText('work');
  if (byte >= WORK_ALERT_NUMBER) printText('.alert');
  switch (byte) {
    case WORK_CASE: printText(': no such case (2 cases)'); break;
    case WORK_ALERT_CAUSE: printText('.cause: no such case (3 cases)'); break;
    case WORK_ALERT_ACTIONS: printText('.actions: undefined flag bit (3 flags)'); break;
    case WORK_ALERT_URGENT: printText('.urgent: neither false nor true'); break;
    default: printText(': padding is not zero');
  }
  printText(' at byte ');
  printUnsigned(byte);
};
