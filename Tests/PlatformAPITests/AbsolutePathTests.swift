import PlatformAPI
import Testing

@Suite struct AbsolutePathTests {
  @Test(arguments: [
    ("/a/b", "/a/b"), ("b", "/w/b"), ("./b", "/w/b"), ("pki//ca.pem", "/w/pki/ca.pem"), ("../b", "/w/../b"),
    ("~", "/h"),
    ("~/b", "/h/b"), ("~b", "/w/~b"), (".", "/w"), ("", nil),
  ])
  func relativePathsAreMadeAbsolute(path: String, absolute: String?) {
    #expect(AbsolutePath.of(path, in: "/w", home: "/h") == absolute)
  }

  @Test func pathWithoutAKnownFolderIsNil() {
    #expect(AbsolutePath.of("~/b", in: "/w", home: nil) == nil)
    #expect(AbsolutePath.of("b", in: nil) == nil)
    #expect(AbsolutePath.of("b", in: "/") == "/b")
    #expect(AbsolutePath.of("b")?.hasPrefix("/") == true)
  }

  @Test(arguments: [
    ("/\u{301}a", "/\u{301}a"), ("\u{301}a", "/w/\u{301}a"), ("a/\u{301}b", "/w/a/\u{301}b"),
    ("~\u{301}", "/w/~\u{301}"),
    ("~/\u{301}b", "/h/\u{301}b"),
  ])
  func combiningMarkDoesNotHideASlash(path: String, absolute: String) {
    #expect(AbsolutePath.of(path, in: "/w", home: "/h").map { Array($0.utf8) } == Array(absolute.utf8))
  }
}
