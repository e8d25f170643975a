// A whole HTML page from a title and a body. Text goes through `escapeHtml`; there is no script and no inline style.

/** Text made safe for HTML content and attributes. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** The page. `body` is HTML whose texts are escaped already. */
export const renderPage = (title: string, body: string, wide = false): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(title)}</title>
<link rel="stylesheet" href="/gateway.css">
</head>
<body>
<main${wide ? ' class="wide"' : ""}>
<h1>${escapeHtml(title)}</h1>
${body}
</main>
</body>
</html>
`;
