import { Worker, isMainThread, workerData } from 'node:worker_threads';
import { Queue } from 'ruvix-queue';

if (isMainThread) {
  const queue = Queue.create({ ringSize: 64, maxMessageBytes: 256 });
  const sender = queue.sender();
  sender.send(Buffer.from('pump 3 runs as planned'), { priority: 'low' });
  sender.send(Buffer.from('pump 7 is too hot'), { priority: 'critical' });
  queue.close();
  new Worker(new URL(import.meta.url), { workerData: queue.handle });
} else {
  for (const message of Queue.from(workerData).receiver()) console.log(`${message.priority}: ${message.text()}`);
}
