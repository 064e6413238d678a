/** What the host harness calls: the kernel's surface, for the host. The loops are in main.cpp; src/lower/runtime/host.c is the board. */
export { regionCreate, regionTableBytes, regionTableCreate } from '../../src/kernel/region.ts';
export {
  queueAttachReceiver, queueAttachSender, queueBytes, queueCreate, queueReceive, queueReceiveBatch, queueReceiveTimeout, queueSend,
  queueSendBatch,
} from '../../src/kernel/queue.ts';
