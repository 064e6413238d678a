/**
 * What the instruction counts call: the kernel's surface, and a board to run on. The loops are in harness.c, so that the calls
 * are out of line, as for any program that links the kernel.
 */
export * from '../../src/board/program.ts';
export { boardExit, boardFreeBase } from '../../src/board/board.ts';
export { regionAppend, regionCreate, regionTableBytes, regionTableCreate } from '../../src/kernel/region.ts';
export {
  queueAttachReceiver, queueAttachSender, queueBytes, queueCommit, queueCreate, queueReceive, queueReceiveArray, queueReceiveBatch,
  queueRelease, queueReserve, queueSend, queueSendArray, queueSendBatch, queueSendDescriptor, queueView,
} from '../../src/kernel/queue.ts';
export { capAttachSender, capQueueCreate, capRegionCreate, capSend, capSystemBytes, capSystemCreate } from '../../src/kernel/capability.ts';
export { schemaValidate } from '../../src/kernel/schema/interpret.ts';
export { storeEmbeddingProgram, storeReadingProgram } from './records.ts';
export { isEmbeddingMessage, isReadingMessage } from './validators.ts';
