/**
 * `@std/text`, typed, from its repackaging on npm.
 *
 * @module
 */

import { closestString as closest } from "deno-std/text/closest_string.js";
import { levenshteinDistance as distance } from "deno-std/text/levenshtein_distance.js";

/** Finds the most similar string. `words` must not be empty. */
export const closestString: (
  word: string,
  words: readonly string[],
) => string = closest;

/** Counts the letters to add, remove or replace between two words. */
export const levenshteinDistance: (a: string, b: string) => number = distance;
