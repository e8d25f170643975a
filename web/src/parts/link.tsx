// Mantine's buttons and anchors as typed links of the router: they look like what they are and open like links.
import { Anchor, type AnchorProps, Button, type ButtonProps } from "@mantine/core";
import { createLink } from "@tanstack/react-router";
import type { ComponentPropsWithRef, ReactNode } from "react";

type Native = Omit<ComponentPropsWithRef<"a">, keyof ButtonProps | "type">;
type NativeAnchor = Omit<ComponentPropsWithRef<"a">, keyof AnchorProps>;

const ButtonAnchor = (props: Native & Omit<ButtonProps, "type"> & { children?: ReactNode }) => (
  <Button component="a" {...props} />
);
const TextAnchor = (props: NativeAnchor & AnchorProps & { children?: ReactNode }) => <Anchor {...props} />;

/** A link that looks like a button. */
export const ButtonLink = createLink(ButtonAnchor);
/** A link in running text. */
export const TextLink = createLink(TextAnchor);
