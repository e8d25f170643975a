// Guesses the field of a column from its header, in English, German, Spanish and French.

const words: Readonly<Record<string, readonly string[]>> = {
  email: [
    "email",
    "emailaddress",
    "mail",
    "mailaddress",
    "emailadresse",
    "mailadresse",
    "correo",
    "correoelectronico",
    "courriel",
    "adressemail",
    "adresseemail",
    "adresseelectronique",
  ],
  phone: [
    "phone",
    "phonenumber",
    "telephone",
    "tel",
    "mobile",
    "mobilephone",
    "cell",
    "cellphone",
    "telefon",
    "telefonnummer",
    "mobil",
    "handy",
    "mobilnummer",
    "handynummer",
    "telefono",
    "movil",
    "celular",
    "portable",
    "numerodetelephone",
  ],
  firstName: ["firstname", "givenname", "forename", "vorname", "nombre", "primernombre", "prenom"],
  lastName: [
    "lastname",
    "surname",
    "familyname",
    "nachname",
    "familienname",
    "apellido",
    "apellidos",
    "nomdefamille",
    "nom",
  ],
  orgName: [
    "company",
    "companyname",
    "organization",
    "organisation",
    "organizationname",
    "business",
    "businessname",
    "firma",
    "unternehmen",
    "empresa",
    "organizacion",
    "entreprise",
    "societe",
  ],
  kind: ["kind", "contacttype", "typeofcontact", "kontaktart"],
  community: ["community", "district", "gemeinde", "stadtteil", "comunidad", "communaute", "commune"],
  tags: [
    "tags",
    "tag",
    "labels",
    "label",
    "schlagworte",
    "schlagwort",
    "etiquetas",
    "etiqueta",
    "etiquettes",
    "motscles",
  ],
  externalId: [
    "externalid",
    "id",
    "customerid",
    "contactid",
    "crmid",
    "kundennummer",
    "kundennr",
    "idexterno",
    "identifiant",
    "numeroclient",
  ],
  timezone: ["timezone", "zeitzone", "zonahoraria", "fuseauhoraire"],
  stage: ["stage", "pipelinestage", "phase", "etapa", "etape"],
  "attrs.city": ["city", "town", "stadt", "ort", "wohnort", "ciudad", "ville"],
  "attrs.zip": ["zip", "zipcode", "postalcode", "postcode", "plz", "postleitzahl", "codigopostal", "codepostal"],
  "attrs.street": [
    "street",
    "address",
    "streetaddress",
    "strasse",
    "adresse",
    "anschrift",
    "direccion",
    "calle",
    "rue",
  ],
  "attrs.country": ["country", "land", "pais", "pays"],
  "attrs.website": ["website", "web", "url", "homepage", "webseite", "sitioweb", "siteweb"],
};
const fieldOf = new Map(Object.entries(words).flatMap(([field, names]) => names.map((name) => [name, field] as const)));

const bare = (header: string) =>
  header
    .toLowerCase()
    .replaceAll("ß", "ss")
    .normalize("NFD")
    .replace(/[^a-z0-9]/g, "");

/** header → field for the headers that are recognised; each field at most once, headers that appear twice never. */
export const suggestMapping = (headers: readonly string[]): Record<string, string> => {
  const mapping: Record<string, string> = {};
  const taken = new Set<string>();
  for (const header of headers) {
    const field = fieldOf.get(bare(header));
    if (!field || taken.has(field) || headers.filter((one) => one === header).length > 1) continue;
    taken.add(field);
    mapping[header] = field;
  }
  return mapping;
};
