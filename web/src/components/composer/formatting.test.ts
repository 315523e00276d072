import { expect, test } from "vitest";
import { formatted } from "./formatting.ts";

test("marks go around what is selected, and away again", () => {
  const bold = formatted("so it is", { from: 3, to: 5 }, "b");
  expect(bold).toEqual({ text: "so **it** is", from: 5, to: 7 });
  expect(formatted("so **it** is", { from: 5, to: 7 }, "b")).toEqual({ text: "so it is", from: 3, to: 5 });
  expect(formatted("", { from: 0, to: 0 }, "e")).toEqual({ text: "``", from: 1, to: 1 });
  expect(formatted("x", { from: 0, to: 1 }, "x")).toBeUndefined();
});
