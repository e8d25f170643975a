// Which elements and attributes a mail may have. Everything else is taken out; the text inside it stays.

const words = (text: string) => new Set(text.split(/\s+/).filter(Boolean));

/** Elements that mail programs show. */
export const tags = words(`
  html head title meta style link body center div span p br hr h1 h2 h3 h4 h5 h6 a img map area picture source
  table caption colgroup col thead tbody tfoot tr td th ul ol li dl dt dd blockquote pre code kbd samp var
  b strong i em u s strike del ins mark small big sub sup font abbr acronym cite q time address wbr bdo bdi ruby rt rp
  section article header footer main nav aside figure figcaption details summary`);

/** What Outlook's conditional comments hold: its tables, its settings, and drawings for buttons and backgrounds. */
export const conditionalTags = words(`
  table tbody tr td th div p span center a img b strong i em br style font noscript xml
  v:rect v:roundrect v:fill v:stroke v:textbox v:image v:shape v:oval v:background v:imagedata w:anchorlock o:p
  o:officedocumentsettings o:allowpng o:pixelsperinch mso`);

/** Attributes by element; `*` stands for each. */
export const attributes: Readonly<Record<string, readonly string[]>> = {
  "*": [
    "id",
    "class",
    "style",
    "title",
    "lang",
    "dir",
    "role",
    "aria-*",
    "align",
    "valign",
    "bgcolor",
    "background",
    "color",
    "width",
    "height",
    "border",
    "xmlns",
    "xmlns:v",
    "xmlns:o",
    "hidden",
    "data-*",
  ],
  a: ["href", "name", "target", "rel"],
  area: ["href", "alt", "shape", "coords", "target"],
  map: ["name"],
  img: ["src", "alt", "srcset", "sizes", "hspace", "vspace", "usemap", "ismap", "loading"],
  source: ["srcset", "media", "type", "sizes"],
  meta: ["charset", "name", "content", "http-equiv"],
  link: ["href", "rel", "type", "media"],
  style: ["type", "media"],
  table: ["cellpadding", "cellspacing", "summary", "rules", "frame"],
  td: ["colspan", "rowspan", "nowrap", "headers", "scope", "abbr"],
  th: ["colspan", "rowspan", "nowrap", "headers", "scope", "abbr"],
  col: ["span"],
  colgroup: ["span"],
  font: ["face", "size"],
  ol: ["start", "type", "reversed"],
  ul: ["type"],
  li: ["value"],
  hr: ["size", "noshade"],
  body: ["text", "link", "vlink", "alink", "leftmargin", "topmargin", "marginwidth", "marginheight"],
  blockquote: ["cite"],
  q: ["cite"],
  time: ["datetime"],
  details: ["open"],
};
