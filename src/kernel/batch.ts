/**
 * Several messages with one call: one check of the handle, one wake-up.
 *
 * Role: sendBatch: the context that attached the sender; receiveBatch: that of the receiver. Memory: the caller's
 *   records (layout.ts, BATCH_*), and that of the single calls. Order: that of the single calls. Units: bytes.
 * Fails: what the single calls return, for the first message; later ones end the batch.
 * Checked by: test/unit/batch.test.ts, test/property.
 */
import { load32, store32 } from '#machine';
import {
  BATCH_ADDRESS, BATCH_BYTES, BATCH_COUNT_MAX, BATCH_INFO, BATCH_LENGTH, BATCH_RESULT, BATCH_USER_HIGH, BATCH_USER_LOW,
  META_FLAGS_SHIFT, PRIORITY_COUNT, RECEIVER_META, RECEIVER_PRIORITY, RECEIVER_SENDER, RECEIVER_USER_HIGH,
  RECEIVER_USER_LOW, SENDER_QUEUE,
} from './layout.ts';
import { SEND_QUIET, sendChecked, sendReject, senderBlock } from './path/1-send.ts';
import { validateSend } from './path/2-validate.ts';
import { LANE_TAKE } from './path/3-lane.ts';
import { wakeReceivers } from './path/5-wake.ts';
import { receiveNow, receiverBlock } from './path/6-receive.ts';
import { STATUS_BAD_ARGUMENT, STATUS_BAD_PRIORITY, STATUS_OK } from './status.ts';

/**
 * Sends the `count` messages of the batch records at `list` (layout.ts, BATCH_*), one wake-up for all. Returns how many
 * went, stopping at the first that cannot; its status is in its record, and is returned if it is the very first.
 */
export const sendBatch = (handle: i32, priority: i32, list: i32, count: i32): i32 => {
  const sender = senderBlock(handle);
  if (sender < 0) return sender;
  if ((priority >>> 0) >= PRIORITY_COUNT) return sendReject(sender, STATUS_BAD_PRIORITY);
  if (list < 0 || (list & 3) !== 0 || count < 0 || count > BATCH_COUNT_MAX) return sendReject(sender, STATUS_BAD_ARGUMENT);
  const queue = load32(sender, SENDER_QUEUE);
  let sent = 0;
  let status = STATUS_OK;
  while (sent < count && status >= 0) {
    const record = (list + Math.imul(sent, BATCH_BYTES)) | 0;
    const source = load32(record, BATCH_ADDRESS);
    const bytes = load32(record, BATCH_LENGTH);
    status = validateSend(sender, queue, priority, source, bytes);
    if (status < 0) sendReject(sender, status);
    else {
      const userLow = load32(record, BATCH_USER_LOW);
      status = sendChecked(sender, queue, priority, source, bytes, SEND_QUIET, userLow, load32(record, BATCH_USER_HIGH));
    }
    store32(record, BATCH_RESULT, status);
    if (status >= 0) sent = (sent + 1) | 0;
  }
  if (sent === 0) return status;
  wakeReceivers(queue, sent);
  return sent;
};

/**
 * Takes up to `count` messages, most urgent first, into the buffers of the batch records at `list`. Returns how many
 * came; the status that stopped it is in the next record, and is returned if nothing came.
 */
export const receiveBatch = (handle: i32, list: i32, count: i32): i32 => {
  const receiver = receiverBlock(handle);
  if (receiver < 0) return receiver;
  if (list < 0 || (list & 3) !== 0 || count < 0 || count > BATCH_COUNT_MAX) return STATUS_BAD_ARGUMENT;
  let received = 0;
  let status = 0;
  while (received < count && status >= 0) {
    const record = (list + Math.imul(received, BATCH_BYTES)) | 0;
    status = receiveNow(handle, LANE_TAKE, load32(record, BATCH_ADDRESS), load32(record, BATCH_LENGTH));
    store32(record, BATCH_RESULT, status);
    if (status >= 0) {
      const flags = (load32(receiver, RECEIVER_META) >>> META_FLAGS_SHIFT) | 0;
      const from = load32(receiver, RECEIVER_PRIORITY) << 8 | load32(receiver, RECEIVER_SENDER);
      store32(record, BATCH_INFO, flags << META_FLAGS_SHIFT | from);
      store32(record, BATCH_USER_LOW, load32(receiver, RECEIVER_USER_LOW));
      store32(record, BATCH_USER_HIGH, load32(receiver, RECEIVER_USER_HIGH));
      received = (received + 1) | 0;
    }
  }
  return received === 0 && status < 0 ? status : received;
};
