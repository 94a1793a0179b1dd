//! What each address answers, asked through the public routes only.

use super::database::probes;
use super::support::{SCRIPT_HASH, TestApp, built_app, letterbox};
use veldpost_envelope::wire::Code;
use veldpost_relay::Founding;
use veldpost_server::database::{FILE, Options};
use veldpost_server::guests::Guests;

#[tokio::test]
async fn the_page_and_the_apps_own_addresses_give_the_page() {
    let server = TestApp::new();
    for path in [
        "/",
        "/index.html",
        "/ronde",
        "/ronde/tellen",
        "/over-dit-toestel",
    ] {
        let answer = server.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(
            answer.header("content-type"),
            "text/html; charset=utf-8",
            "{path}"
        );
        assert!(answer.text().contains("<title>Veldpost</title>"), "{path}");
    }
}

#[tokio::test]
async fn an_unknown_file_is_not_answered_with_the_page() {
    let server = TestApp::new();
    for path in [
        "/app-old.js",
        "/missing.wasm",
        "/v1",
        "/v1/push",
        "/api/other",
        "/a%20b",
    ] {
        let answer = server.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(
            answer.header("content-type"),
            "application/problem+json",
            "{path}"
        );
        assert!(
            answer.text().contains("urn:veldpost:problem:not-found"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn only_listed_files_can_be_reached() {
    let server = TestApp::new();
    assert!(server.folder().join("secret.txt").exists());
    for path in [
        "/secret.txt",
        "/build.json",
        "/app-1a2b3c.js.br",
        "/icons/../secret.txt",
        "/..%2f..%2fetc%2fpasswd",
        "//etc/passwd.txt",
        "/../../../../etc/hostname.txt",
    ] {
        assert_eq!(server.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn every_answer_carries_the_policy_with_the_builds_script_hash() {
    let server = TestApp::new();
    for path in ["/", "/missing.js", "/healthz", "/app-1a2b3c.wasm"] {
        let answer = server.get(path).await;
        assert_eq!(
            answer.header("content-security-policy"),
            format!(
                "default-src 'none'; script-src 'self' 'wasm-unsafe-eval' {SCRIPT_HASH}; \
                 style-src 'self'; img-src 'self' blob: data:; font-src 'self'; \
                 connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; \
                 form-action 'none'; frame-ancestors 'none'"
            ),
            "{path}"
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
        assert!(
            answer
                .header("permissions-policy")
                .contains("microphone=()")
        );
    }
}

#[tokio::test]
async fn strict_transport_is_asked_for_only_when_the_certificate_is_real() {
    let plain = TestApp::new().get("/").await;
    assert_eq!(plain.header("strict-transport-security"), "");
    let secured = TestApp::with(|site| site.strict_transport = true)
        .get("/")
        .await;
    // A municipality's own domain would bind every host below it.
    assert_eq!(
        secured.header("strict-transport-security"),
        "max-age=31536000"
    );
}

#[tokio::test]
async fn a_relay_elsewhere_is_added_to_connect_src_alone() {
    let relay = String::from("https://relay.example:8443");
    let server = TestApp::with(|site| site.relay_origin = Some(relay.clone()));
    let answer = server.get("/").await;
    let policy = answer.header("content-security-policy");
    assert!(policy.contains("connect-src 'self' https://relay.example:8443;"));
    assert_eq!(policy.matches("relay.example").count(), 1);
}

#[tokio::test]
async fn hashed_files_are_kept_for_ever_and_the_rest_is_asked_for_again() {
    let server = TestApp::new();
    for (path, keeping) in [
        ("/app-1a2b3c.js", "public, max-age=31536000, immutable"),
        ("/app-1a2b3c.wasm", "public, max-age=31536000, immutable"),
        ("/", "no-cache"),
        ("/service-worker.js", "no-cache"),
        ("/manifest.webmanifest", "no-cache"),
        ("/missing.js", "no-store"),
        ("/healthz", "no-store"),
        ("/api/version", "no-store"),
    ] {
        assert_eq!(
            server.get(path).await.header("cache-control"),
            keeping,
            "{path}"
        );
    }
}

#[tokio::test]
async fn files_have_their_own_types() {
    let server = TestApp::new();
    for (path, content_type) in [
        ("/app-1a2b3c.wasm", "application/wasm"),
        ("/app-1a2b3c.js", "text/javascript; charset=utf-8"),
        ("/manifest.webmanifest", "application/manifest+json"),
        ("/icons/icon.svg", "image/svg+xml"),
    ] {
        assert_eq!(
            server.get(path).await.header("content-type"),
            content_type,
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_smallest_form_that_the_browser_takes_is_sent() {
    let server = TestApp::new();
    for (accept, encoding, body) in [
        ("gzip, deflate, br", "br", "brotli bytes"),
        ("gzip", "gzip", "gzip bytes"),
        ("br;q=0", "", "export default 1;"),
        ("identity", "", "export default 1;"),
    ] {
        let answer = server
            .ask("GET", "/app-1a2b3c.js", &[("accept-encoding", accept)])
            .await;
        assert_eq!(answer.header("content-encoding"), encoding, "{accept}");
        assert_eq!(answer.text(), body, "{accept}");
        assert_eq!(answer.header("vary"), "accept-encoding");
    }
}

#[tokio::test]
async fn a_compressed_copy_that_is_gone_or_not_listed_is_not_sent() {
    let app = built_app();
    std::fs::remove_file(app.path().join("app-1a2b3c.js.br")).unwrap();
    std::fs::write(app.path().join("index.html.br"), "of another build").unwrap();
    let server = TestApp::of(app, |_| {});
    let all = [("accept-encoding", "gzip, br")];
    let answer = server.ask("GET", "/app-1a2b3c.js", &all).await;
    assert_eq!(answer.header("content-encoding"), "gzip");
    let answer = server.ask("GET", "/", &all).await;
    assert_eq!(answer.header("content-encoding"), "");
    assert!(answer.text().contains("<title>Veldpost</title>"));
}

#[tokio::test]
async fn a_file_that_the_browser_holds_is_not_sent_again() {
    let server = TestApp::new();
    let first = server.get("/").await;
    let tag = first.header("etag").to_owned();
    let again = server.ask("GET", "/", &[("if-none-match", &tag)]).await;
    assert_eq!(again.status, 304);
    assert!(again.body.is_empty());
    let other = server
        .ask("GET", "/", &[("if-none-match", "\"another\"")])
        .await;
    assert_eq!(other.status, 200);
}

#[tokio::test]
async fn head_tells_the_length_and_sends_nothing() {
    let answer = TestApp::new().ask("HEAD", "/app-1a2b3c.js", &[]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-length"), "17");
    assert!(answer.body.is_empty());
}

#[tokio::test]
async fn nothing_can_be_written() {
    let server = TestApp::new();
    for path in ["/", "/app-1a2b3c.js", "/healthz", "/ronde"] {
        for method in ["POST", "PUT", "DELETE"] {
            let answer = server.ask(method, path, &[]).await;
            assert_eq!(answer.status, 405, "{method} {path}");
            assert!(
                answer.text().contains("method-not-allowed"),
                "{method} {path}"
            );
        }
    }
}

#[tokio::test]
async fn the_probes_tell_health_readiness_and_version() {
    let server = TestApp::new();
    assert_eq!(server.get("/healthz").await.text(), "ok\n");
    assert_eq!(server.get("/readyz").await.text(), "ready\n");
    let version = server.get("/api/version").await.text();
    assert!(version.contains("\"app\":\"0123abcd\""), "{version}");
    let lost = TestApp::with(|site| site.data = site.data.join("gone"));
    assert_eq!(lost.get("/readyz").await.status, 503);
    assert_eq!(lost.get("/healthz").await.status, 200);
}

/// Each try is a flush: a stranger must not be able to ask for many.
#[tokio::test]
async fn however_many_ask_the_database_is_tried_once_in_a_while() {
    let data = tempfile::tempdir().unwrap();
    let relay = letterbox(data.path(), Founding::Open, Options::default());
    let server = TestApp::with(|site| site.letterbox = relay);
    for _ in 0..50 {
        assert_eq!(server.get("/readyz").await.status, 200);
    }
    assert!(probes(data.path()) < 25);
}

#[tokio::test]
async fn a_database_that_was_deleted_or_replaced_is_not_ready() {
    for replaced in [false, true] {
        let data = tempfile::tempdir().unwrap();
        let relay = letterbox(data.path(), Founding::Open, Options::default());
        let server = TestApp::with(|site| site.letterbox = relay);
        let file = data.path().join(FILE);
        let aside = data.path().join("aside");
        std::fs::rename(&file, &aside).unwrap();
        if replaced {
            std::fs::copy(&aside, &file).unwrap();
        }
        assert_eq!(server.get("/readyz").await.status, 503, "{replaced}");
    }
}

#[tokio::test]
async fn the_demonstration_is_marked_in_the_page_and_is_another_version() {
    let plain = TestApp::new();
    assert!(!plain.get("/").await.text().contains("veldpost-demo"));
    let demo = TestApp::with(|site| site.app.mark_as_demo().unwrap());
    let page = demo.get("/").await;
    assert!(
        page.text()
            .contains(r#"<meta name="veldpost-demo" content="1">"#)
    );
    // The worker's list must name the page as it is served, or no browser could verify its cache.
    let worker = demo.get("/service-worker.js").await.text();
    assert!(
        worker.contains(&super::support::hex(&page.body)),
        "{worker}"
    );
    assert!(worker.contains("\"0123abcd-demo\""), "{worker}");
    assert!(
        demo.get("/api/version")
            .await
            .text()
            .contains("0123abcd-demo")
    );
}

#[tokio::test]
async fn a_phone_can_fetch_the_certificate_that_it_must_trust() {
    let server = TestApp::with(|site| site.lan_root = Some(String::from("PEM")));
    let answer = server.get("/veldpost-lan.crt").await;
    assert_eq!(answer.header("content-type"), "application/x-x509-ca-cert");
    assert_eq!(answer.text(), "PEM");
    assert_eq!(TestApp::new().get("/veldpost-lan.crt").await.status, 404);
}

#[tokio::test]
async fn only_a_demonstration_invites_and_each_browser_once() {
    const PATH: &str = "/api/demo-invitation";
    assert_eq!(TestApp::new().ask("POST", PATH, &[]).await.status, 404);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("invitation");
    let server = TestApp::with(|site| site.guests = Some(Guests::new(file.clone())));
    assert_eq!(server.get(PATH).await.status, 405);
    let early = server.ask("POST", PATH, &[]).await;
    assert_eq!(early.status, 503);
    assert_eq!(early.code(), Some(Code::Busy));
    std::fs::write(&file, "https://app.example/#j.a..b.c").unwrap();
    let first = server.ask("POST", PATH, &[]).await;
    assert_eq!(first.text(), "https://app.example/#j.a..b.c");
    assert_eq!(first.header("cache-control"), "no-store");
    assert_eq!(server.ask("POST", PATH, &[]).await.status, 503);
}
