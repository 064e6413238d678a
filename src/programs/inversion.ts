/**
 * Priority inversions, measured from outside: alerts that a less urgent message overtook.
 *
 * What counts: an alert whose send had completed before some receive began, where that receive returned a vector, and the
 * alert was still queued when that receive was over. A right queue never does this: the receive finds the alert first.
 *
 * How it is seen, with no word of the queue's own: (a) a classifier reads before each receive how many alert sends have
 * completed. (b) If the receive returns a vector it publishes that number as PASSED: alerts below it were queued or already
 * taken when a vector was taken. (c) A classifier reads before each receive the largest PASSED of all. If the receive returns
 * an alert below it, that alert was overtaken: it was still queued, since this receive took it and had not begun when the
 * other was over.
 *
 *   timer         alert 7 sent .. ALERTS_SENT = 8
 *   classifier 0          (a) reads 8 .. receive .. a vector! .. (b) PASSED = 8
 *   classifier 1                                                       (c) reads 8 .. receive .. alert 7: 7 < 8, an inversion
 *
 * Never false: every arrow above is a release seen by an acquire, so send, receive of the vector and receive of the alert
 * really came one after the other. An alert that another classifier takes while the vector is being taken is not counted: (c)
 * then reads before (b), and whether it was queued or taken first has no answer. Such a receive overlaps; a queue that serves
 * alerts late makes them wait through whole receives, and each of those is seen.
 *
 * Role: each classifier, on its own block, around each receive. Memory: CLASSIFIER_ALERTS_SEEN, _OVERTAKEN, _PASSED,
 *   _INVERSIONS.
 * Order: [alert] ALERTS_SENT is stored with release after the send, loaded with acquire before the receive. [overtaken] PASSED
 *   is stored with release after the receive, loaded with acquire before the next one of anybody.
 * Units: alerts, counted from 0 by their one sender. Fails: never. Checked by: test/programs/inversion.test.ts.
 */
import { load32, loadAcquire32, store32, storeRelease32 } from '#machine';
import {
  ALERTS_SENT, CLASSIFIER_ALERTS_SEEN, CLASSIFIER_COUNT, CLASSIFIER_INVERSIONS, CLASSIFIER_OVERTAKEN, CLASSIFIER_PASSED,
  jobClassifier,
} from './job.ts';

/** Before a receive. */
export const inversionBegin = (job: i32, classifier: i32): void => {
  let overtaken = 0;
  for (let number = 0; number < CLASSIFIER_COUNT; number++) {
    const passed = loadAcquire32(jobClassifier(job, number), CLASSIFIER_PASSED); // [overtaken]
    if (passed > overtaken) overtaken = passed;
  }
  store32(classifier, CLASSIFIER_OVERTAKEN, overtaken);
  store32(classifier, CLASSIFIER_ALERTS_SEEN, loadAcquire32(job, ALERTS_SENT)); // [alert]
};

/** The receive returned a vector. */
export const inversionVector = (classifier: i32): void => {
  storeRelease32(classifier, CLASSIFIER_PASSED, load32(classifier, CLASSIFIER_ALERTS_SEEN)); // [overtaken]
};

/** The receive returned alert number `number`. */
export const inversionAlert = (classifier: i32, number: i32): void => {
  if (number < load32(classifier, CLASSIFIER_OVERTAKEN)) {
    store32(classifier, CLASSIFIER_INVERSIONS, (load32(classifier, CLASSIFIER_INVERSIONS) + 1) | 0);
  }
};
