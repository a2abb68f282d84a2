extension ServerConfiguration {
  /// The imports of the account of the fleet from the account of the audit record.
  public static var recordImports: String {
    let requests = AuditRecord.requests.map { "      " + recordImport($0) }
    return """
          # The audit record: entries are added and read, and nothing else. docs/platform.md says when the last line is needed.
          imports: [
            { service: { account: \(AuditRecord.account), subject: \(quoted(AuditRecord.subjects)) }, to: \(quoted(AuditRecord.entryPrefix + ">")) }
      \(requests.joined(separator: "\n"))
            # \(recordImport(AuditRecord.updateRequest))
          ]
      """
  }

  /// The account of the audit record.
  ///
  /// - Parameter fleet: The account that may import it.
  public static func recordAccount(importedBy fleet: String) -> String {
    let requests = (AuditRecord.requests + [AuditRecord.updateRequest]).map { request in
      // A request for a batch of messages has as many replies.
      (recordRequest(request), request == AuditRecord.batchRequest ? ", response: stream" : "")
    }
    let exports = ([(AuditRecord.subjects, "")] + requests).map { subject, response in
      "      { service: \(quoted(subject))\(response), accounts: [ \(fleet) ] }"
    }
    return """
        # The audit record. No connection is accepted here, whatever its credentials.
        \(AuditRecord.account) {
          jetstream: enabled
          limits: { max_connections: 0, max_leafnodes: 0 }
          exports: [
      \(exports.joined(separator: "\n"))
          ]
        }
      """
  }

  private static func recordImport(_ request: String) -> String {
    let name = quoted("\(AuditRecord.apiPrefix).\(request).\(PlatformStorage.auditStream)")
    return
      "{ service: { account: \(AuditRecord.account), subject: \(quoted(recordRequest(request))) }, to: \(name) }"
  }

  private static func recordRequest(_ request: String) -> String {
    "$JS.API.\(request).\(PlatformStorage.auditStream)"
  }
}
