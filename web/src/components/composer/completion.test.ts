import { describe, expect, test } from "vitest";
import { callsEverybody, findToken, rankPeople, replaceShortName } from "./completion.ts";

describe("the name that is being written", () => {
  test("is found before the caret", () => {
    expect(findToken("hello @gr", 9)).toEqual({ sign: "@", wanted: "gr", start: 6, end: 9 });
    expect(findToken("#gen and more", 4)).toEqual({ sign: "#", wanted: "gen", start: 0, end: 4 });
    expect(findToken("so :tad", 7)).toEqual({ sign: ":", wanted: "tad", start: 3, end: 7 });
    expect(findToken("@", 1)).toMatchObject({ wanted: "" });
  });

  test("is none in addresses, times and short faces", () => {
    for (const text of ["ada@example", "at 12:30", "well :D", "https://a.b/#x", "a", ""])
      expect(findToken(text, text.length)).toBeUndefined();
  });
});

test("people are found by any of their names, those that begin with it first", () => {
  const person = (id: string, username: string, display_name: string) => ({
    id,
    username,
    display_name,
    kind: "human" as const,
  });
  const people = [
    person("1", "ada", "Ada Lovelace"),
    person("2", "grace", "Grace Hopper"),
    person("3", "al", "Al Gray"),
  ];
  expect(rankPeople([...people, ...people], "gra").map(({ id }) => id)).toEqual(["2", "3"]);
  expect(rankPeople(people, "lac").map(({ id }) => id)).toEqual(["1"]);
});

test("a short name becomes its emoji when it is closed", () => {
  const names = new Map([["tada", "🎉"]]);
  expect(replaceShortName("so :tada: it", 9, names)).toEqual({ text: "so 🎉 it", caret: 5 });
  expect(replaceShortName("at 12:30:", 9, names)).toBeUndefined();
  expect(replaceShortName(":none:", 6, names)).toBeUndefined();
});

test("everybody is called by @all and @here, not in code", () => {
  expect(callsEverybody("@here and @ALL")).toBe("all");
  expect(callsEverybody("well @here, look")).toBe("here");
  expect(callsEverybody("`@all` ```\n@here```")).toBeUndefined();
  expect(callsEverybody("@allison me@all")).toBeUndefined();
});
