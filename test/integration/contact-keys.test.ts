// Communities and tags are referred to by statements of any size, checked once per statement: nothing ever refers to what
// is gone, also when it goes at the same moment.
import { afterAll, beforeAll, expect, test } from "vitest";
import { removeCommunity } from "../../services/contacts/communities/remove-community.ts";
import type { Deps } from "../../shared/broker/deps.ts";
import { type TestDeps, useCaseDeps } from "../helpers/use-case-deps.ts";

let at: TestDeps;
let deps: Deps;
beforeAll(async () => {
  at = await useCaseDeps();
  deps = at.deps;
});
afterAll(() => at.close());

const community = async (name: string) => {
  const id = deps.id();
  await deps.db("contacts.communities").insert({ id, name });
  return id;
};
const contact = (community_id: string, email: string) => ({ id: deps.id(), community_id, email });
const isMissing = { code: "23503" };
/** Resolves when a backend waits for a lock. */
const somebodyWaits = async () => {
  for (const end = Date.now() + 20_000; Date.now() < end; ) {
    const { rows } = await deps.db.raw(
      "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    if (rows.length > 0) return;
  }
  throw new Error("nobody waited for a lock within 20 s");
};

test("a contact cannot be put into, moved to or left in a community that does not exist", async () => {
  const home = await community("Home");
  const one = contact(home, "one@keys.example");
  await deps.db("contacts.contacts").insert([one, contact(home, "two@keys.example")]);
  await expect(deps.db("contacts.contacts").insert(contact(deps.id(), "x@keys.example"))).rejects.toMatchObject(
    isMissing,
  );
  const move = deps.db("contacts.contacts").where({ id: one.id }).update({ community_id: deps.id() });
  await expect(move).rejects.toMatchObject({ ...isMissing, constraint: "contacts_community_id_fkey" });
  await expect(deps.db("contacts.communities").where({ id: home }).delete()).rejects.toMatchObject(isMissing);
  await expect(removeCommunity(deps, { id: home })).rejects.toMatchObject({ type: "COMMUNITY_IN_USE" });
});

test("a community that is deleted while somebody joins it: one of both is refused", async () => {
  const [first, second] = [await community("First"), await community("Second")];
  const joining = await deps.db.transaction();
  await joining("contacts.contacts").insert(contact(first, "join@keys.example"));
  const deleting = deps.db("contacts.communities").where({ id: first }).delete();
  const refused = expect(deleting).rejects.toMatchObject(isMissing);
  await somebodyWaits();
  await joining.commit();
  await refused;

  const removing = await deps.db.transaction();
  await removing("contacts.communities").where({ id: second }).delete();
  const late = deps.db("contacts.contacts").insert(contact(second, "late@keys.example"));
  const lost = expect(late).rejects.toMatchObject(isMissing);
  await somebodyWaits();
  await removing.commit();
  await lost;
});

test("tags go off their contacts with the tag or the contact, and cannot be given without both", async () => {
  const home = await community("Tagged");
  const people = [contact(home, "a@tag.example"), contact(home, "b@tag.example")];
  await deps.db("contacts.contacts").insert(people);
  const [vip, old] = [deps.id(), deps.id()];
  await deps.db("contacts.tags").insert([
    { id: vip, name: "vip-keys" },
    { id: old, name: "old-keys" },
  ]);
  const give = (contact_id: string | undefined, tag_id: string) =>
    deps.db("contacts.contact_tags").insert({ contact_id, tag_id });
  for (const { id } of people) for (const tag of [vip, old]) await give(id, tag);
  await expect(give(people[0]?.id, deps.id())).rejects.toMatchObject(isMissing);
  await expect(give(deps.id(), vip)).rejects.toMatchObject(isMissing);
  await deps.db("contacts.tags").where({ id: old }).delete();
  expect(await deps.db("contacts.contact_tags").where({ tag_id: old })).toEqual([]);
  await deps.db("contacts.contacts").where({ id: people[0]?.id }).delete();
  expect(await deps.db("contacts.contact_tags").where({ tag_id: vip }).pluck("contact_id")).toEqual([people[1]?.id]);

  const late = deps.id();
  await deps.db("contacts.tags").insert({ id: late, name: "late-keys" });
  const giving = await deps.db.transaction();
  await giving("contacts.contact_tags").insert({ contact_id: people[1]?.id, tag_id: late });
  const removing = Promise.resolve(deps.db("contacts.tags").where({ id: late }).delete());
  await somebodyWaits();
  await giving.commit();
  expect(await removing).toBe(1);
  expect(await deps.db("contacts.contact_tags").where({ tag_id: late })).toEqual([]);
});
