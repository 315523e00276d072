import {
  COMMAND_DATA,
  commandId,
  LIMITS,
  ParleyError,
  type CommandData,
  type CommandType,
  type FieldError,
} from "@parley/protocol";
import type * as z from "zod";

/** A command, checked. `id` is there also where the rest is wrong, as far as it could be read. */
export type ParsedCommand =
  | { readonly id: string | undefined; readonly error: ParleyError; readonly type?: undefined }
  | {
      [Type in CommandType]: {
        readonly id: string | undefined;
        readonly type: Type;
        readonly data: CommandData<Type>;
        readonly error?: undefined;
      };
    }[CommandType];

/** Reads a frame. Never throws: what is wrong with it is in the answer (`invalid_frame`, `validation_failed`, `too_large`). */
export function parseCommand(bytes: Buffer): ParsedCommand {
  if (bytes.length > LIMITS.body) {
    return { id: undefined, error: new ParleyError("too_large", { detail: "The frame is larger than 1 MiB." }) };
  }
  const frame = parseObject(bytes);
  if (!frame) return { id: undefined, error: invalidFrame("A frame must be a JSON object.") };
  const givenId = frame.id === undefined ? undefined : commandId.safeParse(frame.id);
  const id = givenId?.data;
  if (!isCommandType(frame.type)) return { id, error: invalidFrame("The frame has no known `type` of command.") };
  if (givenId?.success === false) return { id, error: fieldErrors("id", givenId.error) };
  // Each type has one schema, so that whoever has checked the one has the data of the other.
  const data = (COMMAND_DATA[frame.type] as z.ZodType).safeParse(frame.data === undefined ? {} : frame.data);
  if (!data.success) return { id, error: fieldErrors("data", data.error) };
  return { id, type: frame.type, data: data.data } as ParsedCommand;
}

function parseObject(bytes: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString());
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function isCommandType(type: unknown): type is CommandType {
  return typeof type === "string" && Object.hasOwn(COMMAND_DATA, type);
}

function invalidFrame(detail: string): ParleyError {
  return new ParleyError("invalid_frame", { detail });
}

/** Named at most; whoever sends a thousand mistakes has made one. */
const MAX_ERRORS = 20;

function fieldErrors(root: string, { issues }: z.ZodError): ParleyError {
  const errors = issues.slice(0, MAX_ERRORS).flatMap((issue): FieldError[] => {
    const path = [root, ...issue.path.map(String)].join(".");
    if (issue.code !== "unrecognized_keys") return [{ path, message: issue.message }];
    return issue.keys
      .slice(0, MAX_ERRORS)
      .map((key) => ({ path: `${path}.${key}`, message: "Is not a field of this command" }));
  });
  const [first] = errors;
  return new ParleyError("validation_failed", {
    detail: first ? `${first.path}: ${first.message}` : "The data is not valid.",
    errors,
  });
}
