// Drives the simulated Salesforce with jsforce and prints, as JSON, what jsforce made of the answers.
import jsforce from "jsforce";

const [loginUrl, clientId, clientSecret] = process.argv.slice(2);
const key = "GetResponse_Contact_ID__c";
const connection = new jsforce.Connection({ loginUrl, instanceUrl: loginUrl, version: "66.0" });
const seen = {};

const token = await connection.oauth2.requestToken({
  grant_type: "client_credentials",
  client_id: clientId,
  client_secret: clientSecret,
});
connection.accessToken = token.access_token;
connection.instanceUrl = token.instance_url;
seen.tokenType = token.token_type;

const leads = connection.sobject("Lead");
seen.created = await leads.upsert({ [key]: "js-1", LastName: "Cohen", Company: "Example Ltd" }, key);
seen.updated = await leads.upsert({ [key]: "js-1", LastName: "Levi", Company: "Example Ltd" }, key);

const rows = [
  { [key]: "js-2", LastName: "Doe", Company: "Example Ltd" },
  { [key]: "js-3", LastName: "No Company" },
];
seen.collection = await leads.upsert(rows, key, { allOrNone: false });

seen.made = await leads.create({ LastName: "Made", Company: "Example Ltd", Email: "made@example.com" });
await leads.create(Array.from({ length: 7 }, (_, n) => ({ LastName: `Page ${n}`, Company: "Paged" })));

const paged = await connection
  .query("SELECT Id, LastName FROM Lead WHERE Company = 'Paged' ORDER BY LastName")
  .run({ autoFetch: true, maxFetch: 100 });
seen.paged = paged.records ? paged.records.map((r) => r.LastName) : paged.map((r) => r.LastName);

seen.bulk = await connection.bulk2.loadAndWaitForResults({
  object: "Lead",
  operation: "upsert",
  externalIdFieldName: key,
  input: [
    { [key]: "js-1", LastName: "Bulk", Company: "Example Ltd" },
    { [key]: "js-4", LastName: "Bulk New", Company: "Example Ltd" },
    { [key]: "js-5", LastName: "Bulk Bad", Company: "" },
  ],
  pollInterval: 50,
  pollTimeout: 10000,
});
console.log(JSON.stringify(seen));
