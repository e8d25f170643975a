// Addresses of Amazon SNS itself: only there are its certificates fetched and its subscriptions confirmed.

const hosts = /^sns\.[a-z]{2,3}(-[a-z0-9]+)+\.amazonaws\.com(\.cn)?$/;

/** Whether the text is an https address on a host of Amazon SNS, at the usual port and without credentials. */
export const isSnsUrl = (text: string): boolean => {
  const url = URL.parse(text);
  return (
    url !== null &&
    url.protocol === "https:" &&
    hosts.test(url.hostname) &&
    url.port === "" &&
    url.username === "" &&
    url.password === ""
  );
};
