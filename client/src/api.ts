import type { Endpoint, Endpoints } from "@parley/protocol";
import { METHODS, type MethodId } from "./api-table.ts";
import type { CallOptions, Http } from "./http.ts";

/** As much of a schema as its types take. */
interface Typed {
  readonly _zod: { readonly input: unknown; readonly output: unknown };
}
type Input<Schema extends Typed> = Schema["_zod"]["input"];
type Output<Schema extends Typed> = Schema["_zod"]["output"];

type InputOf<Schema> = Schema extends Typed ? Input<Schema> : unknown;

/** Query strings are text on the wire; here numbers, flags, and a seq as an anchor are written as what they are. */
type QueryValue<Written, Read> =
  | Written
  | Extract<Read, number | boolean>
  | (Extract<Read, { kind: "seq" }> extends never ? never : number);

type QueryOf<Schema> = Schema extends Typed
  ? {
      [Key in keyof Input<Schema>]: QueryValue<
        Input<Schema>[Key],
        Key extends keyof Output<Schema> ? Output<Schema>[Key] : never
      >;
    }
  : unknown;

type Part<E extends Endpoint, Key extends "params" | "query" | "body"> = E extends { readonly [K in Key]: infer Schema }
  ? Schema
  : undefined;

type Flat<T> = T extends object ? { [Key in keyof T]: T[Key] } : T;

/** The parameters of the path, the query and the fields of the body, all in one object: no name is in two of them. */
export type MethodInput<Id extends MethodId> = Flat<
  InputOf<Part<Endpoints[Id], "params">> &
    QueryOf<Part<Endpoints[Id], "query">> &
    Exclude<InputOf<Part<Endpoints[Id], "body">>, undefined>
>;

type Answer<Schema> = Schema extends Typed ? Output<Schema> : Schema extends null ? void : never;
type Answers<Responses> = { [Status in keyof Responses]: Answer<Responses[Status]> }[keyof Responses];

/** What a method resolves with: the body of the answer, or nothing where it has none. */
export type MethodOutput<Id extends MethodId> = Answers<Endpoints[Id]["responses"]>;

type Arguments<Fields> = unknown extends Fields
  ? [input?: Record<string, never>, options?: CallOptions]
  : Partial<Fields> extends Fields
    ? [input?: Fields, options?: CallOptions]
    : [input: Fields, options?: CallOptions];

/** A method for every endpoint, by its id. Rejects with a `ParleyError`, or with the reason of the signal. */
export type Api = { readonly [Id in MethodId]: (...args: Arguments<MethodInput<Id>>) => Promise<MethodOutput<Id>> };

type Given = Readonly<Record<string, unknown>>;

/** `onDone` hears of every call that succeeded, before whoever made it does. */
export function createApi(http: Http, onDone?: (id: MethodId, input: Given, options: CallOptions) => void): Api {
  const methods = Object.entries(METHODS).map(([id, line]) => {
    const [method = "", path = ""] = line.split(" ");
    const call = async (input: Given = {}, options: CallOptions = {}): Promise<unknown> => {
      const answer = await http.call(method, ...placed(method, path, input), options);
      onDone?.(id as MethodId, input, options);
      return answer;
    };
    return [id, call];
  });
  return Object.fromEntries(methods) as Api;
}

/** Puts fields where they belong: those the path names into it, the others into the query of a GET, else into the body. */
function placed(method: string, path: string, input: Given): [path: string, body: Given | undefined] {
  const rest: Record<string, unknown> = { ...input };
  const filled = path.replaceAll(/:(\w+)/g, (_, name: string) => {
    const value = String(rest[name]);
    delete rest[name];
    return encodeURIComponent(value);
  });
  const given = Object.entries(rest).filter(([, value]) => value !== undefined);
  // Where a body belongs there has to be one, though all its fields be left out; where none does, it is not looked at.
  if (method !== "GET")
    return [filled, given.length > 0 || method !== "DELETE" ? Object.fromEntries(given) : undefined];
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return [query === "" ? filled : `${filled}?${query}`, undefined];
}
