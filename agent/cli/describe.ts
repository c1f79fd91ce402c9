/**
 * What the schemas of options say of themselves.
 *
 * @module
 */

import { z } from "zod";
import type { OptionsSchema } from "../plugin/context.ts";

/** Names and descriptions of the options that a schema knows. */
export function describeOptions(
  schema: OptionsSchema<unknown>,
): (readonly [name: string, description: string])[] {
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape)
    .map(([name, option]) => [name, descriptionOf(option) ?? ""]);
}

/** A description stays with the schema it was given to: look inside others. */
function descriptionOf(schema: unknown): string | undefined {
  if (!(schema instanceof z.ZodType)) return undefined;
  if (schema.description !== undefined) return schema.description;
  if (schema instanceof z.ZodPipe) return descriptionOf(schema.in);
  const isWrapper = schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault;
  return isWrapper ? descriptionOf(schema.unwrap()) : undefined;
}
