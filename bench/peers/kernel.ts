/** What the host harness calls: the kernel's surface, for the host. The loops are in main.cpp; src/lower/runtime/host.c is the board. */
export { regionCreate, regionTableBytes, regionTableCreate } from '../../src/kernel/region.ts';
export {
  queueAttachReceiver, queueAttachSender, queueBytes, queueCommit, queueCreate, queueReceive, queueReceiveArray, queueReceiveTimeout,
  queueRelease, queueReserve, queueSend, queueSendArray, queueView,
} from '../../src/kernel/queue.ts';
