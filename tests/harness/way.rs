//! A way to a database that can be cut and mended: to its users, a server that is away for a while.

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::postgres::TestDatabase;

/// Carries connections on as long as it is whole. Needs a runtime of several threads where a test blocks.
pub struct Way {
    url: String,
    is_cut: watch::Sender<bool>,
}

impl Way {
    /// A whole one.
    pub async fn to(database: &TestDatabase) -> Self {
        let direct = database.url().0;
        let after = direct.split_once("127.0.0.1:").expect("the test server is on loopback").1;
        let server: u16 = after.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().expect("a port");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (is_cut, cut) = watch::channel(false);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, server, cut.clone()));
            }
        });
        Self { url: direct.replacen(&format!(":{server}"), &format!(":{port}"), 1), is_cut }
    }

    /// The database's URL by this way.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Breaks all connections, and fresh ones at once.
    pub fn cut(&self) {
        self.is_cut.send_replace(true);
    }

    /// Lets fresh connections through again.
    pub fn mend(&self) {
        self.is_cut.send_replace(false);
    }
}

async fn carry(mut client: TcpStream, server: u16, mut cut: watch::Receiver<bool>) {
    let through = async {
        let mut server = TcpStream::connect(("127.0.0.1", server)).await?;
        copy_bidirectional(&mut client, &mut server).await
    };
    tokio::select! {
        biased;
        _ = cut.wait_for(|is_cut| *is_cut) => {}
        // An end that one side makes is none of the other side's faults.
        _ = through => {}
    }
}
