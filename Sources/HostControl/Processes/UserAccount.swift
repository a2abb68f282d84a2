import Encoding
import Glibc

/// A user of this machine, from getpwnam(3) and getgrouplist(3), which may query a server.
struct UserAccount: Sendable, Equatable {
  let name: String
  let userID: uid_t
  let groupID: gid_t
  /// All groups, including `groupID`.
  let groups: [gid_t]
  let home: String

  /// More than the length of any line of passwd(5).
  private static let maximumEntrySize = 1 << 20
  /// The kernel's own limit (NGROUPS_MAX).
  private static let maximumGroups = 65_536

  /// Looks up a user.
  ///
  /// - Parameter path: The program to run, for errors.
  /// - Throws: `ProcessError` with `unknownUser`.
  static func find(_ name: String, toRun path: String) throws(ProcessError) -> UserAccount {
    var size = 1024
    while true {
      var entry = passwd()
      var buffer = [CChar](repeating: 0, count: size)
      var found: UnsafeMutablePointer<passwd>?
      let code = getpwnam_r(name, &entry, &buffer, buffer.count, &found)
      if code == ERANGE, size < maximumEntrySize {
        size *= 4
        continue
      }
      // getpwnam(3): C libraries differ in the error number for "no such user".
      let isMissing = [0, ENOENT, ESRCH, EBADF, EPERM].contains(code)
      guard code == 0, found != nil else {
        throw .unknownUser(name, path, errno: isMissing ? 0 : code)
      }
      return withExtendedLifetime(buffer) {
        UserAccount(
          name: name, userID: entry.pw_uid, groupID: entry.pw_gid, groups: groups(of: name, entry.pw_gid),
          home: entry.pw_dir.map { String(cString: $0) } ?? "/")
      }
    }
  }

  private static func groups(of name: String, _ primary: gid_t) -> [gid_t] {
    var count: Int32 = 64
    while true {
      var groups = [gid_t](repeating: 0, count: Int(count))
      let capacity = count
      if getgrouplist(name, primary, &groups, &count) >= 0 { return Array(groups.prefix(Int(count))) }
      // `count` is the required number now.
      guard count > capacity, count <= maximumGroups else { return [primary] }
    }
  }

  /// The variables, with HOME, USER and LOGNAME set to those of this user.
  func environment(replacing variables: [(name: String, value: String)]) -> [(name: String, value: String)] {
    let own = [("HOME", home), ("USER", name), ("LOGNAME", name)]
    return variables.filter { variable in !own.contains { $0.0.hasSameBytes(as: variable.name) } } + own
  }
}

extension ProcessRequest {
  /// The user to change to; nil when the program runs as the user of this process.
  ///
  /// - Throws: `ProcessError` when the user does not exist, or this process may not change to it.
  func account() throws(ProcessError) -> UserAccount? {
    guard let user else { return nil }
    let account = try UserAccount.find(user, toRun: executable)
    guard account.userID != geteuid() else { return nil }
    guard geteuid() == 0 else { throw .userChange(user, executable, errno: EPERM) }
    return account
  }
}
