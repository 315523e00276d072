import { expect, test } from "vitest";
import { plainText } from "./plain-text.ts";

test.each([
  ["**bold** and _slanted_ and ~~gone~~", "bold and slanted and gone"],
  ["Use `voucher_id` and snake_case_names", "Use voucher_id and snake_case_names"],
  ["```sql\ncreate index by_day\n```", "create index by_day"],
  ["> quoted\n\n# Head\n- one", "quoted Head - one"],
  ["[the plan](https://example.com/a_b)", "the plan"],
  ["2 * 3 = 6, about ~5 %", "2 * 3 = 6, about ~5 %"],
])("%s", (markdown, text) => {
  expect(plainText(markdown)).toBe(text);
});
