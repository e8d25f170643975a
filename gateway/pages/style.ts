// The style sheet of the pages that the gateway renders itself: unsubscribe, API reference, notices. Light and dark.

/** Served at /gateway.css. */
export const styleSheet = `
:root { color-scheme: light dark; --text: #1c2430; --soft: #55606f; --page: #f6f7f9; --card: #ffffff; --line: #d5dae1; --accent: #0b5cad; --on-accent: #ffffff; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e9ee; --soft: #a9b3c1; --page: #12161c; --card: #1b2129; --line: #333c48; --accent: #7db7f5; --on-accent: #0c1116; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 34rem; margin: 12vh auto; padding: 2rem; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; }
main.wide { max-width: 60rem; margin: 2rem auto; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 1rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; padding-top: 1rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.25rem 0 .25rem; overflow-wrap: anywhere; }
p { margin: 0 0 1rem; }
.soft, dt { color: var(--soft); }
a { color: var(--accent); }
button { font: inherit; padding: .6rem 1.2rem; border: 0; border-radius: .375rem; background: var(--accent); color: var(--on-accent); cursor: pointer; }
a:focus-visible, button:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
code { font: .9em/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); }
.scroll { overflow-x: auto; }
@media (max-width: 40rem) { main, main.wide { margin: 0; min-height: 100vh; border: 0; border-radius: 0; padding: 1.25rem; } }
`;
