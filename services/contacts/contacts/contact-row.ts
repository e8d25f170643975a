// A contact as a row with its tags, and as the API shows it.
import type { Contact } from "../../../shared/contracts/contacts.ts";

export interface ContactRow {
  readonly id: string;
  readonly community_id: string;
  readonly kind: Contact["kind"];
  readonly email: string | null;
  readonly phone: string | null;
  readonly external_id: string | null;
  readonly first_name: string | null;
  readonly last_name: string | null;
  readonly org_name: string | null;
  readonly timezone: string | null;
  readonly stage: string;
  readonly score: number;
  readonly attrs: Contact["attrs"];
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly tags: string[];
}

/** The contact as it goes over the wire. */
export const toContact = (row: ContactRow): Contact => ({
  id: row.id,
  email: row.email,
  phone: row.phone,
  firstName: row.first_name,
  lastName: row.last_name,
  orgName: row.org_name,
  kind: row.kind,
  communityId: row.community_id,
  tags: row.tags,
  attrs: row.attrs,
  timezone: row.timezone,
  stage: row.stage,
  score: row.score,
  externalId: row.external_id,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
});
