// Words that stand in what nobody may be told: in the addresses of colleagues and in secrets of the house.
export const secretMark = "zqsecret";
