// The link that opens a row of a table; its target is the whole row.
import { createLink } from "@tanstack/react-router";
import type { ComponentPropsWithRef } from "react";
import css from "./row-link.module.css";

const RowAnchor = (props: ComponentPropsWithRef<"a">) => <a {...props} className={css["link"]} />;

/** Opens what the row shows. */
export const RowLink = createLink(RowAnchor);
/** Class for controls inside a row that must stay above the row's link. */
export const aboveRowLink = css["above"] ?? "";
