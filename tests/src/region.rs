//! A region of real devices: found it, invite, join, admit, begin the count, count on a phone of a group.
//!
//! Deliberately not here: judging what the screens show, and waiting for what is on its way (`news`).

use anyhow::{Result, bail};

use serde_json::json;

use crate::browser::Browser;
use crate::device::Device;
use crate::keyboard::Keyboard;
use crate::server::Server;
use crate::steps::PASSPHRASE;
use crate::wait::eventually;

/// Who founds the region of a journey.
pub const COORDINATOR: &str = "Anna";

/// Whom an invitation is for, as the form offers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invitation {
    /// Reads everything.
    Coordinator,
    /// Counts with a device of the own.
    Worker,
    /// A group for one evening.
    Evening,
    /// An organisation's desk.
    Desk,
}

impl Invitation {
    fn label(self) -> &'static str {
        match self {
            Self::Coordinator => "Een coördinator",
            Self::Worker => "Een teller met een eigen toestel",
            Self::Evening => "Een groep voor één avond",
            Self::Desk => "De balie van een organisatie",
        }
    }
}

/// A region at its relay, and the laptop of who founded it.
#[derive(Debug)]
pub struct Region {
    /// The relay.
    pub server: Server,
    /// The founder's laptop: unlocked, on the screen of the region.
    pub anna: Device,
    /// The rows of the code on paper.
    pub kit: Vec<String>,
}

impl Region {
    /// Founds a region at a new server; it has one coordinator and is in practice.
    ///
    /// # Errors
    /// When a step cannot be taken.
    pub async fn found() -> Result<Self> {
        Self::found_at(Server::start_for_regions()?).await
    }

    /// The same at this server.
    ///
    /// # Errors
    /// When a step cannot be taken.
    pub async fn found_at(server: Server) -> Result<Self> {
        let address = server.url("/");
        Self::found_by(server, &address).await
    }

    /// The same by a device that reaches the server at this address.
    ///
    /// # Errors
    /// When a step cannot be taken.
    pub async fn found_by(server: Server, address: &str) -> Result<Self> {
        let anna = Device::laptop().await?;
        let kit = anna.found_region(address).await?;
        anna.unlock_alone().await?;
        anna.to_region().await?;
        anna.see("Nog niet klaar").await?;
        Ok(Self { server, anna, kit })
    }

    /// A region whose count has begun, with a second coordinator who is unlocked and on the region's screen.
    ///
    /// # Errors
    /// When a step cannot be taken.
    pub async fn open(self) -> Result<(Self, Device)> {
        let bram = self.admit_single(Invitation::Coordinator, "Bram").await?;
        bram.look_until("Er is nog niets om te versturen").await?;
        bram.unlock_alone().await?;
        // Before the count begins, which moves what stands on the first screen.
        bram.to_region().await?;
        self.anna.next_stage("Begin de telling").await?;
        self.anna.see("Er wordt geteld.").await?;
        bram.look_until("Er wordt geteld.").await?;
        Ok((self, bram))
    }

    /// A device by an invitation for one, with its six words compared, admitted, on its first screen.
    ///
    /// # Errors
    /// When a step cannot be taken, or the words differ.
    pub async fn admit_single(&self, whom: Invitation, name: &str) -> Result<Device> {
        let link = self.anna.invite(whom, name).await?;
        let device = Device::phone().await?;
        device.join(&link, name).await?;
        let words = device.six_words().await?;
        self.anna.admit(name, &words).await?;
        Ok(device)
    }

    /// A phone by the invitation of a group, admitted alone, on its first screen; it may not have heard of it yet.
    ///
    /// # Errors
    /// When a step cannot be taken.
    pub async fn admit_of_group(&self, link: &str, name: &str) -> Result<Device> {
        let phone = Device::phone().await?;
        phone.join(link, name).await?;
        self.anna.admit_group(1).await?;
        Ok(phone)
    }

    /// The same, once it knows that it is admitted and so many people are kept in a round in this area, which goes on.
    ///
    /// # Errors
    /// When a step cannot be taken.
    pub async fn count_of_group(
        &self,
        link: &str,
        name: &str,
        area: &str,
        people: usize,
    ) -> Result<Device> {
        let phone = self.admit_of_group(link, name).await?;
        phone.look_until("Er is nog niets om te versturen").await?;
        phone.begin_round(area).await?;
        phone.count(people).await?;
        phone.kept(people as u64).await?;
        Ok(phone)
    }
}

/// An evening under way: the count has begun, two coordinators have unlocked and are on the region's screen, and a phone
/// of a group is in the middle of its round.
#[derive(Debug)]
pub struct Evening {
    /// The region, with who founded it.
    pub region: Region,
    /// The second coordinator.
    pub bram: Device,
    /// The phone, in a round in Centrum.
    pub wil: Device,
    /// The group's link, for whoever joins later.
    pub link: String,
}

impl Evening {
    /// Begins an evening on which so many people were counted; whether they arrived yet is open.
    ///
    /// # Errors
    /// When a step cannot be taken.
    pub async fn begin(people: usize) -> Result<Self> {
        let (region, bram) = Region::found().await?.open().await?;
        let link = region.anna.invite(Invitation::Evening, "Vrijdag").await?;
        let wil = region.count_of_group(&link, "Wil", "Centrum", people);
        let wil = wil.await?;
        Ok(Self {
            region,
            bram,
            wil,
            link,
        })
    }
}

impl Browser {
    /// From the welcome to the first screen of a region that others join, its kit proven. Gives the kit's rows.
    ///
    /// # Errors
    /// When a step cannot be taken.
    pub async fn found_region(&self, address: &str) -> Result<Vec<String>> {
        let (organisations, areas) = ("Straatteam\nTactus", "Centrum\nStation");
        let names = ["Twente", "Telling 2026", COORDINATOR, organisations, areas];
        self.found_region_named(address, names).await
    }

    /// The same with these names: of the region, the count, who founds it, the organisations, the areas.
    ///
    /// # Errors
    /// When a step cannot be taken.
    pub async fn found_region_named(&self, address: &str, names: [&str; 5]) -> Result<Vec<String>> {
        self.open(address).await?;
        self.tap("button", "Begin een regio").await?;
        let fields = [
            "Naam van de regio",
            "Naam van de telling",
            "Jouw naam",
            "Organisaties die meetellen",
            "Gebieden",
        ];
        for (field, text) in fields.into_iter().zip(names) {
            self.fill(field, text).await?;
        }
        self.tap("button", "Volgende").await?;
        self.choose_passphrase("Volgende").await?;
        self.prove_kit().await
    }

    /// The organisations of which nothing came yet, as the page before locking names them.
    ///
    /// # Errors
    /// When the count cannot be locked now.
    pub async fn silent(&self) -> Result<Vec<String>> {
        const LOCK: &str = "Vergrendel de telling";
        self.tap("button", LOCK).await?;
        let named = "const titles = [...document.querySelectorAll('dialog[open] h3')];
            const title = titles.find((it) => it.innerText.startsWith('Organisaties'));
            return [...title.nextElementSibling.children].map((it) => it.innerText)";
        let named = self.run(named, json!([])).await?;
        self.confirm(LOCK, "Annuleer").await?;
        Ok(serde_json::from_value(named)?)
    }

    /// How many acts of the roster are on this device.
    ///
    /// # Errors
    /// When there is no page.
    pub async fn acts(&self) -> Result<usize> {
        Ok(self.rows("veldpost", "roster").await?.len())
    }

    /// Waits until there are so many, asking the relay meanwhile.
    ///
    /// # Errors
    /// With how many there are instead.
    pub async fn reach_acts(&self, number: usize) -> Result<()> {
        let reached = eventually("acts", async || {
            self.comes_online().await?;
            Ok((self.acts().await? == number).then_some(()))
        });
        match reached.await {
            Ok(()) => Ok(()),
            Err(_) => bail!("{} acts, not {number}", self.acts().await?),
        }
    }

    /// On any screen that asks for a new passphrase: types one of one's own, twice, and confirms it by this button.
    ///
    /// # Errors
    /// When a step cannot be taken.
    pub async fn choose_passphrase(&self, confirm: &str) -> Result<()> {
        self.tap("button", "Liever een eigen zin").await?;
        self.fill("Je eigen zin", PASSPHRASE).await?;
        self.fill("Typ de wachtzin over", PASSPHRASE).await?;
        self.tap("button", confirm).await
    }

    /// From the first screen to the region's.
    ///
    /// # Errors
    /// When it does not come.
    pub async fn to_region(&self) -> Result<()> {
        self.tap("button", "De regio").await?;
        self.place("heading", "De regio").await.map(|_| ())
    }

    /// From the tables back to the region's screen, wherever they were opened from.
    ///
    /// # Errors
    /// When it does not come.
    pub async fn back_to_region(&self) -> Result<()> {
        match self.back().await?.as_str() {
            "De regio" => Ok(()),
            _ => self.to_region().await,
        }
    }

    /// Back to the first screen, from however deep.
    ///
    /// # Errors
    /// When it does not come.
    pub async fn back_to_start(&self) -> Result<()> {
        while self.back().await? != "Start" {}
        Ok(())
    }

    /// One screen back: gives the heading that came.
    async fn back(&self) -> Result<String> {
        let heading = "return document.querySelector('h1')?.innerText ?? null";
        let before = self.run(heading, json!([])).await?;
        self.tap("button", "Terug").await?;
        eventually("another screen", async || {
            let now = self.run(heading, json!([])).await?;
            let moved = now != before && !now.is_null();
            Ok(moved.then(|| now.as_str().unwrap_or_default().to_owned()))
        })
        .await
    }

    /// On a coordinator's list of records: shows those of the whole region.
    ///
    /// # Errors
    /// When that cannot be asked for.
    pub async fn list_of_region(&self) -> Result<()> {
        // By its letters, as the open list of a browser is no part of the page.
        Keyboard::new(self).to("combobox", "Van wie").await?;
        self.keys("Van de hele regio").await
    }

    /// On the region's screen: makes an invitation and comes back; gives the link that is to be sent.
    ///
    /// # Errors
    /// When a step cannot be taken.
    pub async fn invite(&self, whom: Invitation, name: &str) -> Result<String> {
        self.invite_of(whom, name, None).await
    }

    /// The same for people of this organisation.
    ///
    /// # Errors
    /// When a step cannot be taken.
    pub async fn invite_of(
        &self,
        whom: Invitation,
        name: &str,
        organisation: Option<&str>,
    ) -> Result<String> {
        self.tap("button", "Nodig iemand uit").await?;
        self.tap("radio", whom.label()).await?;
        self.fill("Naam van de uitnodiging", name).await?;
        if let Some(organisation) = organisation {
            eventually("the organisation among those to choose from", async || {
                let names = self.names("option").await?;
                let there = names.iter().any(|name| name.starts_with(organisation));
                Ok(there.then_some(()))
            })
            .await?;
            // By its letters, as the open list of a browser is no part of the page.
            let mut keys = Keyboard::new(self);
            keys.to("combobox", "Organisatie").await?;
            self.keys(organisation).await?;
        }
        self.tap("button", "Maak de uitnodiging").await?;
        let link = self.shown_link().await?;
        self.tap("button", "Terug").await?;
        self.place("button", "Maak de uitnodiging").await?;
        self.tap("button", "Terug").await?;
        self.place("heading", "De regio").await?;
        Ok(link)
    }

    /// The link of the invitation that is shown.
    ///
    /// # Errors
    /// When there is none.
    pub async fn shown_link(&self) -> Result<String> {
        eventually("the link of the invitation", async || {
            let text = self.text().await?;
            let mut lines = text.lines().map(str::trim);
            Ok(lines
                .find(|line| line.contains("#j"))
                .map(|link| link.split_whitespace().collect()))
        })
        .await
    }

    /// Opens an invitation, agrees, and waits until the device is in: it may count, and is not admitted yet.
    ///
    /// # Errors
    /// When a step cannot be taken.
    pub async fn join(&self, link: &str, name: &str) -> Result<()> {
        self.open(link).await?;
        self.see("Wil je meedoen?").await?;
        self.agree(name).await?;
        self.see("Nog niet bevestigd").await
    }

    /// Agrees to the invitation that is shown, and waits until the device may count.
    ///
    /// # Errors
    /// When a step cannot be taken.
    pub async fn agree(&self, name: &str) -> Result<()> {
        let for_one = self.text().await?.contains("voor één toestel");
        self.fill("Hoe heet dit toestel", name).await?;
        self.tap("button", "Ik doe mee").await?;
        if for_one {
            self.see("Wachtzin om te lezen").await?;
            self.choose_passphrase("Klaar, doe mee").await?;
        }
        self.place("heading", "Start").await.map(|_| ())
    }

    /// The six words that are shown, on either side.
    ///
    /// # Errors
    /// When there are none.
    pub async fn six_words(&self) -> Result<Vec<String>> {
        eventually("six words", async || {
            let text = self.text().await?;
            let after = ["Die ziet dezelfde woorden.", "Zijn ze hetzelfde?"];
            let mut rest = after.iter().filter_map(|words| text.split_once(words));
            let Some((_, rest)) = rest.next() else {
                return Ok(None);
            };
            let words = rest.lines().map(str::trim).filter(|line| !line.is_empty());
            let words: Vec<String> = words.take(6).map(str::to_owned).collect();
            Ok((words.len() == 6).then_some(words))
        })
        .await
    }

    /// On the region's screen: waits for who asks, compares the words, admits.
    ///
    /// # Errors
    /// When the words differ or a step cannot be taken.
    pub async fn admit(&self, name: &str, words: &[String]) -> Result<()> {
        self.look_until(&format!("laat {name} toe")).await?;
        let shown = self.six_words().await?;
        if shown != words {
            bail!("the words differ: {shown:?} and {words:?}");
        }
        self.tap("button", &format!("Ze zijn hetzelfde: laat {name} toe"))
            .await?;
        self.confirm("Dit toestel toelaten?", "Laat toe").await?;
        self.see("Toegelaten.").await
    }

    /// On the region's screen: waits until so many of a group ask, and admits them in one act.
    ///
    /// # Errors
    /// When they do not come.
    pub async fn admit_group(&self, number: usize) -> Result<()> {
        let button = match number {
            1 => "Laat 1 toestel toe".to_owned(),
            more => format!("Laat {more} toestellen toe"),
        };
        self.look_until(&button).await?;
        self.tap("button", &button).await?;
        self.see("Toegelaten.").await
    }

    /// On the region's screen: the count of another night is made, and practised at first.
    ///
    /// # Errors
    /// When a step cannot be taken.
    pub async fn make_another_count(&self, name: &str, night: &str) -> Result<()> {
        self.tap("button", "Nieuwe telling").await?;
        self.fill("Naam van de telling", name).await?;
        let date = "document.querySelector('#new-date').value = arguments[0]";
        self.run(date, json!([night])).await?;
        self.tap("button", "Nieuwe telling").await?;
        self.see("De nieuwe telling staat klaar.").await
    }

    /// On the region's screen: the count of another night is made and begun.
    ///
    /// # Errors
    /// When a step cannot be taken.
    pub async fn begin_another_count(&self, name: &str, night: &str) -> Result<()> {
        self.make_another_count(name, night).await?;
        self.next_stage("Begin de telling").await?;
        self.look_until("Er wordt geteld.").await.map(|_| ())
    }

    /// On the region's screen: takes the campaign's next step.
    ///
    /// # Errors
    /// When the step is not there.
    pub async fn next_stage(&self, step: &str) -> Result<()> {
        self.tap("button", step).await?;
        self.confirm(step, step).await
    }

    /// Says yes to a dialog once it stands.
    ///
    /// # Errors
    /// When it does not come.
    pub async fn confirm(&self, title: &str, button: &str) -> Result<()> {
        self.place("dialog", title).await?;
        self.tap("button", button).await
    }
}
