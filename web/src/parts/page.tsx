// The skeleton of a screen: its heading with actions, its sections, and pairs of a name and a value.
import { Group, Skeleton, Stack, Text, Title } from "@mantine/core";
import { type ReactNode, useEffect, useId } from "react";
import css from "./page.module.css";

export interface PageHeadProps {
  readonly title: string;
  readonly lead?: ReactNode;
  readonly above?: ReactNode;
  readonly beside?: ReactNode;
  readonly actions?: ReactNode;
}

/** Heading of a screen; also names the browser tab. */
export const PageHead = ({ title, lead, above, beside, actions }: PageHeadProps) => {
  useEffect(() => {
    document.title = `${title} · Learning Center`;
  }, [title]);
  return (
    <header className={css["head"]}>
      <div className={css["headText"]}>
        {above}
        <Group gap="sm" align="center">
          <Title order={1} className="lc-break">
            {title}
          </Title>
          {beside}
        </Group>
        {lead && (
          <Text c="dimmed" maw="65ch">
            {lead}
          </Text>
        )}
      </div>
      {actions && <div className={css["actions"]}>{actions}</div>}
    </header>
  );
};

export interface SectionProps {
  readonly title?: ReactNode;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
  readonly flush?: boolean;
}

/** A titled surface on the page. `flush`: its content reaches the edges, as tables do. */
export const Section = ({ title, aside, children, flush = false }: SectionProps) => {
  const id = useId();
  return (
    <section className={css["section"]} data-flush={flush || undefined} aria-labelledby={title ? id : undefined}>
      {title && (
        <div className={css["sectionHead"]}>
          <Title order={2} id={id}>
            {title}
          </Title>
          {aside}
        </div>
      )}
      {children}
    </section>
  );
};

export interface Fact {
  readonly name: string;
  readonly value: ReactNode;
  readonly note?: ReactNode;
}

/** Figures side by side: the name small, the value large. */
export const Figures = ({ facts }: { readonly facts: readonly Fact[] }) => (
  <dl className={css["figures"]}>
    {facts.map((fact) => (
      <div key={fact.name} className={css["figure"]}>
        <dt>{fact.name}</dt>
        <dd>
          <span className="lc-numbers">{fact.value}</span>
          {fact.note && <small>{fact.note}</small>}
        </dd>
      </div>
    ))}
  </dl>
);

/** Names and values line by line. */
export const Facts = ({ facts }: { readonly facts: readonly Fact[] }) => (
  <dl className={css["facts"]}>
    {facts.map((fact) => (
      <div key={fact.name}>
        <dt>{fact.name}</dt>
        <dd className="lc-break">{fact.value}</dd>
      </div>
    ))}
  </dl>
);

/** What a screen shows while its first answer is on the way. */
export const PageSkeleton = () => (
  <Stack gap="lg" role="status" aria-label="Loading" pt={4}>
    <Skeleton height={30} width="min(280px, 60%)" />
    <Skeleton height={16} width="min(460px, 90%)" />
    <Skeleton height={220} radius="lg" />
  </Stack>
);
