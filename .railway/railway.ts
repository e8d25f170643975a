// Railway reads only this path; the project stands in railway/project.ts.
export { program as default } from "../railway/project.ts";
