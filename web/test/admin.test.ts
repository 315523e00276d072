import { describe, expect, test } from "vitest";
import { lookAt, THEMES } from "./harness/look.ts";
import { api, conversationOf, personId, say } from "./harness/says.ts";
import { useWeb } from "./harness/web.ts";

describe("the administration", () => {
  const web = useWeb();

  test("is for administrators alone", async () => {
    const ada = await web.signIn("ada", { path: "/admin" });
    await ada.getByText("There is nothing here").waitFor();
    expect(await ada.getByRole("link", { name: "Administration" }).count()).toBe(0);
  });

  test("shows how the service is doing as it happens", async () => {
    const mary = await web.signIn("mary", { path: "/admin" });
    const sockets = mary.locator('[data-figure="sockets"] .value');
    await expect.poll(async () => Number(await sockets.textContent()), { timeout: 15_000 }).toBeGreaterThan(0);
    await expect
      .poll(
        async () => {
          await say(web, "grace", await conversationOf(web, "grace", "Random"), "Counted");
          return await mary.locator('[data-figure="sends"] .value').textContent();
        },
        { timeout: 20_000 },
      )
      .toMatch(/^(?!0 ).* a second$/);
    await expect
      .poll(() => mary.locator('[data-figure="sends"] polyline').getAttribute("points"), { timeout: 15_000 })
      .toContain(" ");
  });

  test("finds people, changes what they may do, locks them out and lets them in again", async () => {
    const mary = await web.signIn("mary", { path: "/admin/users" });
    const edsger = mary.getByRole("row", { name: /Edsger/ });
    await mary.getByLabel("Find somebody").fill("edsg");
    await edsger.waitFor();
    await expect.poll(() => mary.getByRole("row").count()).toBe(2);
    await edsger.getByLabel("Role of Edsger Dijkstra").selectOption({ label: "Serves support" });
    await mary.getByText("The role of Edsger Dijkstra was changed").waitFor();
    const online = await web.signIn("edsger");
    await online.getByRole("link", { name: "Support" }).click();
    await online.getByRole("heading", { name: "Support inbox" }).waitFor();
    await edsger.getByLabel("Role of Edsger Dijkstra").selectOption({ label: "Takes part" });

    await edsger.getByRole("button", { name: "Lock out" }).click();
    await mary.getByRole("dialog").getByRole("button", { name: "Lock out" }).click();
    await expect.poll(() => edsger.count()).toBe(0);
    await mary.getByLabel("Standing").selectOption({ label: "Locked out" });
    await edsger.getByRole("button", { name: "Let in again" }).click();
    await expect.poll(() => edsger.count()).toBe(0);
    expect(await personId(web, "edsger")).toMatch(/-/);

    await mary.getByRole("link", { name: "Audit log" }).click();
    await mary.getByRole("row", { name: /Mary.*Changed a user.*deactivated: false/ }).waitFor();
    await mary.getByLabel("Action", { exact: true }).fill("member.removed");
    await expect.poll(() => mary.getByText("Changed a user").count()).toBe(0);
  });

  test("lists the conversations one may see, and archives them", async () => {
    const { id } = await api(web, "mary", "/v1/conversations", {
      kind: "group",
      title: "Old business",
      member_ids: [await personId(web, "grace")],
    });
    const mary = await web.signIn("mary", { path: "/admin/conversations" });
    const row = mary.getByRole("row", { name: /Old business/ });
    await row.getByRole("button", { name: "Archive" }).click();
    await expect.poll(() => row.count()).toBe(0);
    await mary.getByLabel("Standing").selectOption({ label: "Archived" });
    await row.getByRole("button", { name: "Bring back" }).click();
    await expect
      .poll(async () => (await api(web, "mary", `/v1/conversations/${id as string}`))["archived_at"])
      .toBeNull();
  });

  test.each(THEMES)("%s: axe finds nothing at any width", async (theme) => {
    const mary = await web.signIn("mary", { theme, path: "/admin" });
    for (const section of ["figures", "users", "conversations", "audit"]) {
      await mary.goto(`${web.url}/admin/${section}`);
      await mary.getByRole("heading", { name: "Administration" }).waitFor();
      await mary.waitForTimeout(section === "figures" ? 2_500 : 1_000);
      await lookAt(mary, `admin-${section}-${theme}`);
    }
  });
});
