/**
 * Facts about the running image, for banners. Role: called from anywhere. Memory: none.
 */
import { IMAGE_WINDOW } from './layout.ts';
import { entryLevel, imageBytes, imagePage, imageTextEnd } from './processor.ts';

/** The exception level the loader entered at: 1 or 2. */
export const boardEntryLevel = (): i32 => entryLevel();
/** First page of the image in physical memory. */
export const boardImagePage = (): i32 => imagePage();
/** Where programs see it. */
export const boardImageWindow = (): i32 => IMAGE_WINDOW;
export const boardImageTextBytes = (): i32 => (imageTextEnd() - IMAGE_WINDOW) | 0;
/** Everything, with bss and stacks. */
export const boardImageBytes = (): i32 => imageBytes();
