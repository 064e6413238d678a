/**
 * The Node library: `import { Queue } from 'ruvix-queue'`.
 *
 * Thin classes over the kernel (../kernel/queue.ts), and the only place that throws. All threads of a process share one
 * memory, which the first import makes: import the library before starting workers that use it.
 */
export {
  Capability, rights, Space, type ByOptions, type CapabilityType, type GrantOptions, type Right, type SpaceHandle,
} from './capability.ts';
export { priorities, type Priority } from './check.ts';
export { QueueError, type QueueErrorCode } from './errors.ts';
export { memoryUsage, type MemoryUsage } from './heap.ts';
export type { AsyncOptions } from './inbox.ts';
export { Descriptor, Message, MessageInfo } from './message.ts';
export type { DestroyOptions, Handle } from './objects.ts';
export { Queue, type Dead, type Owed, type QueueHandle, type QueueOptions, type Recovered, type WorkerLike } from './queue.ts';
export { Receiver, type Completable, type ReceiveOptions } from './receiver.ts';
export { Region, type RegionHandle, type RegionPolicy } from './region.ts';
export type { DescriptorOptions, SendOptions } from './outbox.ts';
export { Schema, type AnySchema, type RefusalReason, type SchemaDefinition, type SchemaNote } from './schema.ts';
export { Sender } from './sender.ts';
export { Submitter, TypedSubmitter, type Completion, type SubmitOptions } from './submitter.ts';
export type { PriorityCounts, QueueStatistics } from './statistics.ts';
export { TypedSender } from './typed.ts';
export type { ViewConstructor } from './view.ts';
export { Reader, Writer, type NumberArray, type NumberArrayConstructor } from './wire.ts';
