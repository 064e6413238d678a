/**
 * The report at the end of a run: tables for people, and one last line for machines, `RESULT {json}`.
 *
 * Role: the program, after all roles have ended. Memory: reads the job and the queues' statistics.
 * Units: latencies are microseconds from send to receive. Fails: never. Checked by: test/programs/run.test.ts.
 */
import { load32 } from '#machine';
import {
  STATISTICS_EMPTY, STATISTICS_FULL, STATISTICS_RECEIVED, STATISTICS_RECEIVED_BYTES, STATISTICS_REJECTED, STATISTICS_SENT,
  STATISTICS_SENT_BYTES, STATISTICS_SLEPT, STATISTICS_TIMED_OUT, STATISTICS_WOKEN,
} from '../kernel/layout.ts';
import { queueStatistics } from '../kernel/queue.ts';
import { STATUS_INVALID_MESSAGE, STATUS_NO_CAPABILITY, STATUS_POLICY } from '../kernel/status.ts';
import { classEnd, classStart } from './classes.ts';
import {
  ALERTS_REFUSED, ALERTS_SENT, COLLECTOR_COMPLETED, COLLECTOR_DUPLICATED, COLLECTOR_ELAPSED_MICROS, HISTOGRAM_COUNT,
  HISTOGRAM_MAX, JOB_ALERT_LATENCY, JOB_CLASSES, JOB_COMPLETION_QUEUE, JOB_CORES, JOB_DIMENSION, JOB_QUEUE, JOB_RECORDS,
  JOB_REFERENCES, JOB_STATISTICS, JOB_VECTOR_LATENCY, SENSOR_NEXT, SENSOR_WAITED,
} from './job.ts';
import { histogramPercentile } from './latency.ts';
import { printEnd, printHex, printPadded, printPadded64, printRatio, printText, printUnsigned } from './print.ts';
import {
  answeredWith, heldOut, heldOutRight, heldOutRightSum, heldOutSum, resultAlertsReceived, resultBytesRead, resultBytesSent,
  resultChecksum, resultExit, resultInversions, resultLost, resultMergeLatencies, resultReceived, resultReordered, resultStrange,
} from './result.ts';
import { targetPrint } from './target.ts';
import { wrongCount, wrongReasonsPrint } from './wrong.ts';

const COLUMN = 11;
const ACCURACY_DIGITS = 4;

const reportClasses = (job: i32): void => {
  const classes = load32(job, JOB_CLASSES);
  printEnd();
  if (classes !== 0) printText('Classes      records   answered   held out      right');
  else printText('References  answered');
  printEnd();
  for (let number = 0; number < load32(job, JOB_REFERENCES); number++) {
    printPadded(number, 7);
    if (classes !== 0) {
      printPadded((classEnd(job, number) - classStart(job, number)) | 0, 13);
      printPadded(answeredWith(job, number), COLUMN);
      printPadded(heldOut(job, number), COLUMN);
      printPadded(heldOutRight(job, number), COLUMN);
    } else {
      printPadded(answeredWith(job, number), 13);
    }
    printEnd();
  }
  const all = heldOutSum(job);
  if (all !== 0) {
    printText('  right  ');
    printRatio(heldOutRightSum(job), all, ACCURACY_DIGITS);
    printText(' of the vectors held out');
    printEnd();
  }
};

/** One line of a queue's statistics: a counter for each priority. */
const reportCounters = (job: i32, name: text, cell: i32): void => {
  const statistics = load32(job, JOB_STATISTICS);
  printText(name);
  for (let priority = 0; priority < 4; priority++) {
    const at = (cell + (priority << 3)) | 0;
    printPadded64(load32(statistics, at), load32(statistics, (at + 4) | 0), COLUMN);
  }
  printEnd();
};

const reportCounter = (job: i32, name: text, cell: i32): void => {
  const statistics = load32(job, JOB_STATISTICS);
  printText(name);
  printPadded64(load32(statistics, cell), load32(statistics, (cell + 4) | 0), 1);
};

const reportQueue = (job: i32, name: text, queue: i32): void => {
  queueStatistics(queue, load32(job, JOB_STATISTICS));
  printEnd();
  printText(name);
  printText('   Critical       High     Normal        Low');
  printEnd();
  reportCounters(job, '  sent           ', STATISTICS_SENT);
  reportCounters(job, '  received       ', STATISTICS_RECEIVED);
  reportCounters(job, '  bytes sent     ', STATISTICS_SENT_BYTES);
  reportCounters(job, '  bytes received ', STATISTICS_RECEIVED_BYTES);
  reportCounters(job, '  found full     ', STATISTICS_FULL);
  reportCounter(job, '  rejected ', STATISTICS_REJECTED);
  reportCounter(job, ', found empty ', STATISTICS_EMPTY);
  reportCounter(job, ', timed out ', STATISTICS_TIMED_OUT);
  reportCounter(job, ', slept ', STATISTICS_SLEPT);
  printText(', woken ');
  printUnsigned(load32(load32(job, JOB_STATISTICS), STATISTICS_WOKEN));
  printEnd();
};

/** What the wrong sender tried, by what it was refused for; what got through; and the queue's own count by schema reason. */
const reportRefused = (job: i32): void => {
  printEnd();
  printText('Refused          schema ');
  printUnsigned(wrongCount(job, STATUS_INVALID_MESSAGE));
  printText(', policy ');
  printUnsigned(wrongCount(job, STATUS_POLICY));
  printText(', capability ');
  printUnsigned(wrongCount(job, STATUS_NO_CAPABILITY));
  printText('; received all the same ');
  printUnsigned(resultStrange(job));
  printText('; by schema reason');
  wrongReasonsPrint(job);
  printEnd();
};

const reportLatency = (name: text, histogram: i32): void => {
  printText(name);
  printPadded(load32(histogram, HISTOGRAM_COUNT), COLUMN);
  printPadded(histogramPercentile(histogram, 50), COLUMN);
  printPadded(histogramPercentile(histogram, 90), COLUMN);
  printPadded(histogramPercentile(histogram, 99), COLUMN);
  printPadded(load32(histogram, HISTOGRAM_MAX), COLUMN);
  printEnd();
};

const reportRun = (job: i32): void => {
  printEnd();
  printText('Latency, microseconds   count        p50        p90        p99        max');
  printEnd();
  reportLatency('  Critical        ', (job + JOB_ALERT_LATENCY) | 0);
  reportLatency('  Normal          ', (job + JOB_VECTOR_LATENCY) | 0);
  printEnd();
  printText('Lost ');
  printUnsigned(resultLost(job));
  printText(', duplicated ');
  printUnsigned(load32(job, COLLECTOR_DUPLICATED));
  printText(', reordered ');
  printUnsigned(resultReordered(job));
  printText(', priority inversions ');
  printUnsigned(resultInversions(job));
  printText('; the sensor waited ');
  printUnsigned(load32(job, SENSOR_WAITED));
  printText(' times');
  printEnd();
  if (resultBytesRead(job) === resultBytesSent(job)) printText('Every byte read is the byte of the input');
  else printText('What was read is not what the input has');
  printEnd();
};

const reportField = (name: text, value: i32): void => {
  printText(name);
  printUnsigned(value);
};

const reportPercentiles = (name: text, histogram: i32): void => {
  printText(name);
  reportField('{"p50":', histogramPercentile(histogram, 50));
  reportField(',"p90":', histogramPercentile(histogram, 90));
  reportField(',"p99":', histogramPercentile(histogram, 99));
  reportField(',"max":', load32(histogram, HISTOGRAM_MAX));
  printText('}');
};

/** The last line. */
const reportResult = (job: i32): void => {
  const all = heldOutSum(job);
  printText('RESULT {"target":"');
  targetPrint(job);
  reportField('","cores":', load32(job, JOB_CORES));
  reportField(',"vectors":', load32(job, JOB_RECORDS));
  reportField(',"dimension":', load32(job, JOB_DIMENSION));
  reportField(',"sent":', load32(job, SENSOR_NEXT));
  reportField(',"received":', resultReceived(job));
  reportField(',"completed":', load32(job, COLLECTOR_COMPLETED));
  reportField(',"lost":', resultLost(job));
  reportField(',"duplicated":', load32(job, COLLECTOR_DUPLICATED));
  reportField(',"reordered":', resultReordered(job));
  reportField(',"priority_inversions":', resultInversions(job));
  printText(',"accuracy":');
  if (all !== 0) printRatio(heldOutRightSum(job), all, ACCURACY_DIGITS);
  else printText('null');
  printText(',"checksum":"');
  printHex(resultChecksum(job));
  printText('","bytes_checksum":"');
  printHex(resultBytesRead(job));
  reportField('","alerts_sent":', load32(job, ALERTS_SENT));
  reportField(',"alerts_received":', resultAlertsReceived(job));
  reportField(',"alerts_refused":', load32(job, ALERTS_REFUSED));
  reportField(',"refused_schema":', wrongCount(job, STATUS_INVALID_MESSAGE));
  reportField(',"refused_policy":', wrongCount(job, STATUS_POLICY));
  reportField(',"refused_capability":', wrongCount(job, STATUS_NO_CAPABILITY));
  reportField(',"elapsed_microseconds":', load32(job, COLLECTOR_ELAPSED_MICROS));
  printText(',"latency_microseconds":');
  reportPercentiles('{"normal":', (job + JOB_VECTOR_LATENCY) | 0);
  reportPercentiles(',"critical":', (job + JOB_ALERT_LATENCY) | 0);
  printText('}}');
  printEnd();
};

/** Prints everything. Returns the exit code. */
export const reportPrint = (job: i32): i32 => {
  resultMergeLatencies(job);
  reportClasses(job);
  reportQueue(job, 'Work queue       ', load32(job, JOB_QUEUE));
  reportQueue(job, 'Completion queue ', load32(job, JOB_COMPLETION_QUEUE));
  reportRefused(job);
  reportRun(job);
  reportResult(job);
  return resultExit(job);
};
