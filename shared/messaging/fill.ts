// Fills the holes of a compiled text with one person's values, each escaped for the place it stands in.
import type { Compiled, Hole, Place } from "./compile.ts";

export type Values = Readonly<Record<string, string | number | boolean | null | undefined>>;
/** Gives the address of a tracked link by its position. */
export type LinkTo = (index: number) => string;

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
const needsEscape = /[&<>"']/;

/** Escapes for html text and quoted attributes. */
export const escapeHtml = (value: string): string =>
  needsEscape.test(value) ? value.replace(/[&<>"']/g, (c) => escapes[c] ?? c) : value;

/** A value that starts an attribute holding a URL may choose the scheme: only harmless ones pass. */
const safeAttribute = (value: string) => escapeHtml(/^\s*(javascript|data|vbscript):/i.test(value) ? "" : value);

const escapeFor: Readonly<Record<Place, (value: string) => string>> = {
  html: escapeHtml,
  attribute: safeAttribute,
  url: (value) => encodeURIComponent(value.toWellFormed()),
  text: (value) => value,
};

/** One hole's value, escaped. Missing values become the default, or nothing. */
export const holeValue = (hole: Hole, values: Values, linkTo: LinkTo): string => {
  if (hole.kind === "link") {
    const address = linkTo(hole.index);
    return hole.place === "text" ? address : escapeHtml(address);
  }
  const value = values[hole.name];
  const text = value === undefined || value === null || value === "" ? (hole.fallback ?? "") : String(value);
  // The sender's own addresses are complete URLs: encoding them again would break them.
  return hole.name === "unsubscribeUrl" && hole.place === "url" ? escapeHtml(text) : escapeFor[hole.place](text);
};

/** The whole text for one person. */
export const fill = (compiled: Compiled, values: Values, linkTo: LinkTo): string => {
  const { parts, holes } = compiled;
  let out = parts[0] ?? "";
  for (let i = 0; i < holes.length; i++) out += holeValue(holes[i] as Hole, values, linkTo) + (parts[i + 1] ?? "");
  return out;
};

/** A stored destination with merge fields, for one person: values are URL-encoded. */
export const fillDestination = (destination: string, values: Values): string =>
  destination.replace(/\{\{([^}|]+)(?:\|([^}]*))?\}\}/g, (_, name: string, fallback: string | undefined) => {
    const value = values[name.trim()];
    const text = value === undefined || value === null || value === "" ? (fallback ?? "") : String(value);
    return encodeURIComponent(text.toWellFormed());
  });
