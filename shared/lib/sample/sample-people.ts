// The two hundred people of the sample workspace: owners and helpers of small businesses in two districts. Made from
// lists by fixed rules, so every installation has the same ones. Their addresses end in .example, which is nobody's.
import { sampleId } from "./sample-ids.ts";

export const sampleCommunities = ["Riverside", "Hillcrest"] as const;
export const sampleTags = ["newsletter", "workshops", "mentoring", "member"] as const;

export interface SamplePerson {
  /** From 1. */
  readonly n: number;
  readonly id: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly orgName: string | null;
  readonly email: string | null;
  readonly phone: string | null;
  /** 1-based position among the sample's communities, and among its tags. */
  readonly community: number;
  readonly tags: readonly number[];
  readonly stage: "awareness" | "engagement" | "sales" | "retention";
  readonly score: number;
  readonly attrs: Readonly<Record<string, string | number>>;
  /** Consent to email before the sample's campaign; undefined: nobody ever asked. */
  readonly consent: "granted" | "revoked" | undefined;
  /** Why the address was suppressed before the sample's campaign. */
  readonly suppressed: "manual" | "hard_bounce" | "complaint" | "unsubscribed" | undefined;
}

const firstNames =
  "Maya Jonas Amira Theo Nora Luis Grace Omar Hannah Felix Aisha Daniel Clara Samuel Rosa Elias Mei Victor Ines Noah Priya Martin Lena Gabriel Tessa Hugo Farah Oscar Julia Ravi Emma Kofi Sofia Henrik Leila Mateo Anna Tariq Ruth Ben".split(
    " ",
  );
const lastNames =
  "Lindqvist Okafor Brandt Castillo Nakamura Ferreira Haddad Novak Osei Petrov Quinn Romero Schneider Tanaka Ueda Vargas Weber Ximenes Yilmaz Zimmer Abbott Bergman Costa Duarte Eriksen Fischer Garcia Holm Ibrahim Jensen Keller Lopez Meyer Nielsen Olsen Park Rossi Silva Torres Unger Vogel Walsh Young Zhang Adler Baker Cohen Doyle Evans Frost".split(
    " ",
  );
const trades =
  "Bakery,Bookshop,Bicycles,Flowers,Café,Carpentry,Tailoring,Pottery,Grocery,Plumbing,Photography,Yoga Studio,Ceramics,Catering,Print Shop,Hardware,Music School,Garden Centre,Barbershop,Design Studio".split(
    ",",
  );

const slug = (text: string) =>
  text
    .toLowerCase()
    .normalize("NFD")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/-$/, "");

const at = <T>(list: readonly T[], index: number): T => list[index % list.length] as T;

/** Of every fifty so many have a story of their own; the others agreed, can be reached and were written to. */
const suppressionOf = (i: number): SamplePerson["suppressed"] => {
  if (i % 50 === 11) return "unsubscribed";
  if (i % 66 === 30) return "hard_bounce";
  if (i % 66 === 20) return "manual";
  return i === 101 ? "complaint" : undefined;
};

const consentOf = (i: number): SamplePerson["consent"] => {
  if (i % 50 === 11) return "revoked";
  return i % 20 === 3 ? undefined : "granted";
};

const person = (i: number): SamplePerson => {
  const firstName = at(firstNames, i * 7);
  const lastName = at(lastNames, i * 13);
  const trade = at(trades, i * 3 + Math.floor(i / 20));
  const business = `${lastName} ${trade}`;
  const reachable = i % 40 !== 7 && i !== 45;
  return {
    n: i + 1,
    id: sampleId("contact", i + 1),
    firstName,
    lastName,
    // A business that has no name yet: its letter cannot be filled in.
    orgName: i % 50 === 17 ? null : business,
    email: reachable ? `${slug(firstName)}@${slug(business)}.example` : null,
    // Numbers that are set aside for stories and examples, in Alaska: whoever makes up people of their own seldom takes
    // one there. A shared number would make their person and ours one contact, and go away with the sample.
    phone: i % 4 === 0 || !reachable ? `+19075550${i === 45 ? 199 : 100 + (i >> 1)}` : null,
    community: (i % 5 < 3 ? 0 : 1) + 1,
    tags: [
      ...(i % 3 !== 2 ? [1] : []),
      ...(i % 4 === 1 ? [2] : []),
      ...(i % 9 === 0 ? [3] : []),
      ...(i % 5 === 0 ? [4] : []),
    ],
    stage: at(["awareness", "engagement", "engagement", "sales", "retention"] as const, i),
    score: (i * 37) % 90,
    attrs: { city: at(sampleCommunities, i % 5 < 3 ? 0 : 1), trade, employees: 1 + ((i * 11) % 14) },
    consent: consentOf(i),
    suppressed: suppressionOf(i),
  };
};

/** Everybody, always the same. */
export const samplePeople: readonly SamplePerson[] = Array.from({ length: 200 }, (_, i) => person(i));
